import type { S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import type { FormSigner, SignedForm, UploadForm } from '#core/uploads/form-signer';

/** Signs with a client's credentials, and sends nothing. */
export class S3FormSigner implements FormSigner {
  readonly #client: S3Client;

  constructor(client: S3Client) {
    this.#client = client;
  }

  /** The policy names every field exactly: S3 refuses a form with a field changed, added or left out. */
  signForm({
    bucket,
    key,
    contentType,
    minBytes,
    maxBytes,
    sha256,
    expirySeconds,
  }: UploadForm): Promise<SignedForm> {
    return createPresignedPost(this.#client, {
      Bucket: bucket,
      Key: key,
      Expires: expirySeconds,
      Fields: {
        'Content-Type': contentType,
        success_action_status: '201',
        ...(sha256 && { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') }),
      },
      Conditions: [['content-length-range', minBytes, maxBytes]],
    });
  }
}
