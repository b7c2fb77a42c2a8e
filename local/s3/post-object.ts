import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { AwsError } from '../http/aws-error.ts';
import { xmlDocument } from '../http/xml.ts';
import type { AccessControl } from '../iam/principals.ts';
import type { SigningScope } from '../iam/signing-scope.ts';
import { S3Authorization } from './authorization.ts';
import { type Bucket, causeOf } from './context.ts';
import { declaredSha256 } from './declared-checksum.ts';
import { type PostForm, readPostForm } from './multipart.ts';
import { objectHeaders } from './object-headers.ts';
import type { ObjectDescription, StoredVersion } from './object-version.ts';
import { authorizePost, refuseAuthorizationHeader } from './post-authorization.ts';
import { missingField, requireFormField, requireHonouredFields } from './post-fields.ts';
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
  discard(): void;
}

/** The most bytes that one upload may have: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_OBJECT_BYTES = 5 * 1024 ** 3;
const MAX_KEY_BYTES = 1024;

/** POST Object: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html */
export async function postObject(
  bucket: Bucket,
  request: IncomingMessage,
  response: ServerResponse,
  context: PostContext,
): Promise<void> {
  if (!/^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')) {
    const message = 'At least one of the pre-conditions you specified did not hold';
    const Condition = 'Bucket POST must be of the enclosure-type multipart/form-data';
    throw new AwsError(412, 'PreconditionFailed', message, { Condition });
  }
  refuseAuthorizationHeader(request.headers);
  if (request.headers['content-length'] === undefined) {
    throw new AwsError(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  request.on('timeout', () => response.setHeader('connection', 'close'));
  const reception = await readPostForm(request, (form) => receive(bucket.name, form, context));
  let version: StoredVersion;
  try {
    const digests = await reception.upload.seal();
    if (reception.sha256?.equals(digests.sha256) === false) {
      const message = 'The SHA256 you specified did not match the calculated checksum.';
      throw new AwsError(400, 'BadDigest', message);
    }
    const cause = causeOf(bucket, 'PostObject', request, response);
    version = await context.store.commit(reception.upload, digests, reception.description, cause);
  } catch (error) {
    reception.discard();
    throw error;
  }
  answer(version, reception.status, request, response);
}

/** Checks the form before any byte of its file is kept, and then takes the file, as long as it is within the limits. */
async function receive(
  bucket: string,
  { fields, filename, content, bytesToCome }: PostForm,
  { store, scope, iam, now }: PostContext,
): Promise<Reception> {
  const key = requireKey(fields, filename);
  const form = new Map(fields).set('key', key).set('bucket', requireBucket(fields, bucket));
  const at = now();
  const { policy, ...verified } = await authorizePost(form, scope, at);
  const target = { bucket, key, query: new URLSearchParams() };
  new S3Authorization(iam, verified, at).require('s3:PutObject', target);
  requireHonouredFields(fields);
  const { keepsSha256, sha256 } = declaredSha256(fields);
  const description = { bucket, key, headers: objectHeaders(fields), keepsSha256 };

  const upload = store.stage();
  try {
    await takeContent({ content, bytesToCome }, upload, policy);
  } catch (error) {
    upload.discard();
    throw error;
  }
  const status = fields.get('success_action_status');
  return { upload, description, sha256, status, discard: () => upload.discard() };
}

async function takeContent(
  { content, bytesToCome }: Pick<PostForm, 'content' | 'bytesToCome'>,
  upload: StagedUpload,
  { minBytes, maxBytes }: PostPolicy,
): Promise<void> {
  const limit = Math.min(maxBytes, MAX_OBJECT_BYTES);
  for await (const chunk of content) {
    const received = upload.size + chunk.length;
    if (received > limit) {
      // What has come already is on its way through the parser.
      await setImmediate();
      const details = { ProposedSize: received + bytesToCome(), MaxSizeAllowed: limit };
      const message = 'Your proposed upload exceeds the maximum allowed size';
      throw new AwsError(400, 'EntityTooLarge', message, details);
    }
    upload.write(chunk);
  }
  if (upload.size < minBytes) {
    const details = { ProposedSize: upload.size, MinSizeAllowed: minBytes };
    const message = 'Your proposed upload is smaller than the minimum allowed size';
    throw new AwsError(400, 'EntityTooSmall', message, details);
  }
}

/** A file without a name leaves `${filename}` in the key as it is. */
function requireKey(fields: ReadonlyMap<string, string>, filename = '${filename}'): string {
  const key = requireFormField(fields, 'key').replaceAll('${filename}', () => filename);
  if (key === '') throw missingField('key');
  const size = Buffer.byteLength(key);
  if (size <= MAX_KEY_BYTES) return key;
  const details = { Size: size, MaxSizeAllowed: MAX_KEY_BYTES };
  throw new AwsError(400, 'KeyTooLongError', 'Your key is too long', details);
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
