import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import type { FormSigner, SignedForm, UploadForm } from '#core/uploads/form-signer';
import { UPLOAD_MARK } from '#core/uploads/object-store';
import { encodePolicy } from '#core/uploads/post-policy';

/** Signs with a client's credentials, and sends nothing. */
export class S3FormSigner implements FormSigner {
  readonly #client: S3Client;

  /** @param config of the client that signs; it is one of its own, since its texts are policies and are written as such */
  constructor(config: S3ClientConfig) {
    this.#client = new S3Client({ ...config, utf8Decoder: encodePolicy });
  }

  /** The policy names every field exactly: S3 refuses a form with a field changed, added or left out. */
  signForm({
    bucket,
    key,
    contentType,
    minBytes,
    maxBytes,
    sha256,
    upload,
    expirySeconds,
  }: UploadForm): Promise<SignedForm> {
    return createPresignedPost(this.#client, {
      Bucket: bucket,
      Key: key,
      Expires: expirySeconds,
      Fields: {
        'Content-Type': contentType,
        success_action_status: '201',
        [`x-amz-meta-${UPLOAD_MARK}`]: upload,
        ...(sha256 && { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') }),
      },
      Conditions: [['content-length-range', minBytes, maxBytes]],
    });
  }
}
