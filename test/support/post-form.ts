import { createHmac } from 'node:crypto';
import { BUCKET, CREDENTIALS, REGION } from './s3-server.ts';

export type Fields = readonly (readonly [name: string, value: string])[];

const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();

/** Signs a policy by hand, independently of what checks it. */
export function signPolicy(policy: string, date: string, region = REGION, service = 's3'): string {
  const scope = [date, region, service, 'aws4_request'];
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${CREDENTIALS.secretAccessKey}`);
  return hmac(key, policy).toString('hex');
}

export interface FormOptions {
  readonly key?: string;
  /** Beyond those for the bucket, the key and the authentication. */
  readonly conditions?: readonly unknown[];
  /** Beyond the key and the authentication. */
  readonly fields?: Fields;
  readonly expiration?: unknown;
  /** The policy's text in place of the one made of the above. */
  readonly policy?: string;
  readonly credential?: string;
  readonly date?: Date;
}

/** A form that S3 accepts, but for what the options change about it. */
export function signedForm(options: FormOptions = {}): [name: string, value: string][] {
  const { key = 'a key', conditions = [], fields = [], date = new Date() } = options;
  const amzDate = date.toISOString().replace(/[-:]|\.\d+/g, '');
  const shortDate = amzDate.slice(0, 8);
  const {
    expiration = new Date(date.getTime() + 60_000).toISOString(),
    credential = `${CREDENTIALS.accessKeyId}/${shortDate}/${REGION}/s3/aws4_request`,
  } = options;
  const authentication: Fields = [
    ['x-amz-algorithm', 'AWS4-HMAC-SHA256'],
    ['x-amz-credential', credential],
    ['x-amz-date', amzDate],
    ['x-amz-security-token', CREDENTIALS.sessionToken],
  ];
  const exact = (list: Fields) => list.map(([name, value]) => ({ [name]: value }));
  const document = {
    expiration,
    conditions: [{ bucket: BUCKET }, { key }, ...exact(authentication), ...conditions],
  };
  const policy = Buffer.from(options.policy ?? JSON.stringify(document)).toString('base64');
  const signature = signPolicy(policy, shortDate);
  return [
    ['key', key],
    ...authentication.map(([name, value]): [string, string] => [name, value]),
    ...fields.map(([name, value]): [string, string] => [name, value]),
    ['policy', policy],
    ['x-amz-signature', signature],
  ];
}

/** Replaces a field's value, or with undefined leaves the field out. */
export function changed(fields: Fields, name: string, value: string | undefined): Fields {
  return fields.flatMap((field) =>
    field[0] !== name ? [field] : value === undefined ? [] : [[name, value]],
  );
}

export interface Part {
  readonly name: string;
  readonly value: string | Buffer;
  readonly filename?: string;
  readonly contentType?: string;
}

const BOUNDARY = '----boundary-of-a-form';
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** The bytes of a form, exactly as told; without `end` its last line is missing. */
export function formBody(parts: readonly Part[], { end = true } = {}): Buffer {
  const rendered = parts.flatMap(({ name, value, filename, contentType }) => [
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"`,
    filename === undefined ? '' : `; filename="${filename}"`,
    contentType === undefined ? '' : `\r\nContent-Type: ${contentType}`,
    '\r\n\r\n',
    value,
    '\r\n',
  ]);
  const pieces = [...rendered, end ? `--${BOUNDARY}--\r\n` : ''];
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece as string)));
}

export interface Answer {
  readonly status: number;
  /** The error's code in S3's XML; empty where there is none. */
  readonly code: string;
  readonly headers: Headers;
  readonly body: string;
}

export async function answerOf(response: Response): Promise<Answer> {
  const body = await response.text();
  const code = /<Error><Code>(\w+)<\/Code>/.exec(body)?.[1] ?? '';
  return { status: response.status, code, headers: response.headers, body };
}

/** Posts parts as they are. */
export async function postParts(url: string, parts: readonly Part[], bucket = BUCKET): Promise<Answer> {
  const headers = { 'content-type': FORM_TYPE };
  const body = new Uint8Array(formBody(parts));
  return answerOf(await fetch(`${url}/${bucket}`, { method: 'POST', headers, body }));
}

/** Posts fields and, last, a file. */
export function postForm(
  url: string,
  fields: Fields,
  file: string | Buffer = 'content',
  bucket = BUCKET,
): Promise<Answer> {
  const parts = fields.map(([name, value]) => ({ name, value }));
  return postParts(url, [...parts, { name: 'file', value: file, filename: 'a.txt' }], bucket);
}
