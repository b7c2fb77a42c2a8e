import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../http/aws-error.ts';
import { xmlDocument } from '../http/xml.ts';
import type { AccessControl } from '../iam/principals.ts';
import type { SigningScope } from '../iam/signing-scope.ts';
import { S3Authorization } from './authorization.ts';
import { declaredSha256 } from './declared-checksum.ts';
import { type PostForm, readPostForm } from './multipart.ts';
import { objectHeaders } from './object-headers.ts';
import type { ObjectDescription, StoredVersion } from './object-version.ts';
import { authorizePost } from './post-authorization.ts';
import type { PostPolicy } from './post-policy.ts';
import type { StagedUpload } from './staged-upload.ts';
import type { VersionStore } from './version-store.ts';

export interface PostContext {
  readonly store: VersionStore;
  readonly scope: SigningScope;
  readonly iam: AccessControl;
  readonly now: () => Date;
}

/** A file that is on disk, with its form's description of it. */
interface Reception {
  readonly upload: StagedUpload;
  readonly description: ObjectDescription;
  readonly sha256: Buffer | undefined;
  readonly status: string | undefined;
  discard(): Promise<void>;
}

/** The most bytes that one upload may have: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_OBJECT_BYTES = 5 * 1024 ** 3;
const MAX_KEY_BYTES = 1024;
const NOT_IMPLEMENTED =
  /^(success_action_redirect|redirect|tagging|content-md5|x-amz-(website-|storage-|server-side-|object-lock-).*)$/;

/** POST Object: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html */
export async function postObject(
  bucket: string,
  request: IncomingMessage,
  response: ServerResponse,
  context: PostContext,
): Promise<void> {
  if (!/^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')) {
    throw new AwsError(412, 'PreconditionFailed', 'A form must be posted as multipart/form-data.');
  }
  if (request.headers['content-length'] === undefined) {
    throw new AwsError(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  const reception = await readPostForm(request, (form) => receive(bucket, form, context));
  let version: StoredVersion;
  try {
    const digests = await reception.upload.seal();
    if (reception.sha256?.equals(digests.sha256) === false) {
      throw new AwsError(
        400,
        'BadDigest',
        'The SHA-256 you specified did not match the calculated checksum.',
      );
    }
    version = await context.store.commit(reception.upload, digests, reception.description);
  } catch (error) {
    await reception.discard();
    throw error;
  }
  answer(version, reception.status, request, response);
}

/** Checks the form before any byte of its file is kept, and then takes the file, as long as it is within the limits. */
async function receive(
  bucket: string,
  { fields, filename, content }: PostForm,
  { store, scope, iam, now }: PostContext,
): Promise<Reception> {
  const key = requireKey(fields, filename);
  const form = new Map(fields).set('key', key).set('bucket', requireBucket(fields, bucket));
  const at = now();
  const { policy, ...verified } = await authorizePost(form, scope, at);
  const target = { bucket, key, query: new URLSearchParams() };
  new S3Authorization(iam, verified, at).require('s3:PutObject', target);
  const unknown = [...fields.keys()].find((name) => NOT_IMPLEMENTED.test(name));
  if (unknown !== undefined) throw new AwsError(501, 'NotImplemented', `${unknown} is not implemented.`);
  const { keepsSha256, sha256 } = declaredSha256(fields);
  const description = { bucket, key, headers: objectHeaders(fields), keepsSha256 };

  const upload = await store.stage();
  try {
    await takeContent(content, upload, policy);
  } catch (error) {
    await upload.discard();
    throw error;
  }
  const status = fields.get('success_action_status');
  return { upload, description, sha256, status, discard: () => upload.discard() };
}

async function takeContent(
  content: AsyncIterable<Buffer>,
  upload: StagedUpload,
  { minBytes, maxBytes }: PostPolicy,
): Promise<void> {
  const limit = Math.min(maxBytes, MAX_OBJECT_BYTES);
  for await (const chunk of content) {
    if (upload.size + chunk.length > limit) {
      throw new AwsError(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size.');
    }
    await upload.write(chunk);
  }
  if (upload.size < minBytes) {
    throw new AwsError(
      400,
      'EntityTooSmall',
      'Your proposed upload is smaller than the minimum allowed size.',
    );
  }
}

function requireKey(fields: ReadonlyMap<string, string>, filename = ''): string {
  const key = fields.get('key')?.replaceAll('${filename}', () => filename);
  if (!key) throw new AwsError(400, 'InvalidArgument', 'The form must have a field named key.');
  if (Buffer.byteLength(key) <= MAX_KEY_BYTES) return key;
  throw new AwsError(400, 'KeyTooLongError', 'Your key is too long.');
}

/** The object's bucket is the one that the form was posted to. A field that names another one is refused. */
function requireBucket(fields: ReadonlyMap<string, string>, bucket: string): string {
  if ((fields.get('bucket') ?? bucket) === bucket) return bucket;
  throw new AwsError(403, 'AccessDenied', 'The form is for another bucket.');
}

function answer(
  { bucket, key, etag, versionId }: StoredVersion,
  status: string | undefined,
  { headers: { host = '' } }: IncomingMessage,
  response: ServerResponse,
): void {
  const location = `http://${host}/${bucket}/${encodeURIComponent(key)}`;
  const headers = { etag, location, 'x-amz-version-id': versionId };
  if (status !== '201') return void response.writeHead(status === '200' ? 200 : 204, headers).end();
  const body = xmlDocument([
    'PostResponse',
    [
      ['Location', location],
      ['Bucket', bucket],
      ['Key', key],
      ['ETag', etag],
    ],
  ]);
  response.writeHead(201, { ...headers, 'content-type': 'application/xml' }).end(body);
}
