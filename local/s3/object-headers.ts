import { AwsError } from '../http/aws-error.ts';

/** The headers that S3 keeps with an object, besides `x-amz-meta-*`. */
const KEPT = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];
const METADATA = /^x-amz-meta-[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** The most bytes that the names and values may have together: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const MAX_METADATA_BYTES = 2048;

const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';

/**
 * Reads the headers that a form gives to its object.
 *
 * @throws AwsError 400 InvalidArgument for a name or a value that no HTTP header can have; 400 MetadataTooLarge
 */
export function objectHeaders(fields: ReadonlyMap<string, string>): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': DEFAULT_CONTENT_TYPE };
  for (const name of KEPT) {
    const value = fields.get(name);
    if (value) headers[name] = requireHeaderValue(name, value);
  }
  let metadataBytes = 0;
  for (const [name, value] of fields) {
    if (!name.startsWith('x-amz-meta-')) continue;
    if (!METADATA.test(name)) throw new AwsError(400, 'InvalidArgument', `${name} is no header's name.`);
    metadataBytes += Buffer.byteLength(name) - 'x-amz-meta-'.length + Buffer.byteLength(value);
    headers[name] = encodeMetadata(value);
  }
  if (metadataBytes <= MAX_METADATA_BYTES) return headers;
  throw new AwsError(
    400,
    'MetadataTooLarge',
    'Your metadata headers exceed the maximum allowed metadata size',
    { Size: metadataBytes, MaxSizeAllowed: MAX_METADATA_BYTES },
  );
}

/** @throws AwsError 400 InvalidArgument unless the value is printable ASCII */
export function requireHeaderValue(name: string, value: string): string {
  if (PRINTABLE.test(value)) return value;
  throw new AwsError(400, 'InvalidArgument', `The value of ${name} must be printable ASCII.`);
}

const PRINTABLE = /^[\t\x20-\x7e]*$/;

/** S3 returns metadata beyond ASCII as an encoded word of RFC 2047. */
function encodeMetadata(value: string): string {
  return PRINTABLE.test(value) ? value : `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`;
}
