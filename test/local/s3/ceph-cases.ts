import { createHash } from 'node:crypto';
import { type Fields, signedForm, signPolicy } from '../../support/post-form.ts';
import { BUCKET } from '../../support/s3-server.ts';

/**
 * The cases of ceph's s3-tests whose names begin with `test_post_object_`, by what follows: what each tries, and the
 * status that it asks for. The forms are our own; what differs from ceph's is said in docs/embedded-s3.md.
 * https://github.com/ceph/s3-tests, s3tests/functional/test_s3.py
 */
export interface CephCase {
  readonly name: string;
  readonly form: () => Fields;
  readonly file?: string;
  /** @default a file without a name */
  readonly filename?: string;
  /** @default the bucket that the form is for */
  readonly bucket?: string;
  readonly status: number;
  /** What the bucket must hold afterwards, besides the file. */
  readonly stored?: { readonly key: string; readonly metadata?: Readonly<Record<string, string>> };
}

const BUCKET_CONDITION = { bucket: BUCKET };
const KEY_CONDITION = ['starts-with', '$key', 'foo'];
const TYPE_CONDITION = ['starts-with', '$Content-Type', 'text/plain'];
const range = (...bounds: readonly unknown[]) => ['content-length-range', ...bounds];
const RANGE_CONDITION = range(0, 1024);
const CONDITIONS = [BUCKET_CONDITION, KEY_CONDITION, TYPE_CONDITION, RANGE_CONDITION];

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

interface FormChanges {
  readonly conditions?: readonly unknown[];
  /** What the policy says beside, or in place of, expiration and conditions. */
  readonly document?: Readonly<Record<string, unknown>>;
  /** Fields with their values, or undefined for one that the form has not. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
}

/**
 * ceph's form: a key, a type and a policy of ceph's conditions, and those of the signature that S3 asks for. JSON has no
 * `\$`, which is how a policy writes a dollar sign; a condition's `\$` stands in the policy as it is.
 */
function form({ conditions = CONDITIONS, document = {}, fields = {} }: FormChanges = {}): Fields {
  const date = new Date();
  const authentication = signedForm({ date }).filter(
    ([name]) => name.startsWith('x-amz-') && name !== 'x-amz-signature',
  );
  const signed = authentication.map(([name, value]) => ({ [name]: value }));
  const text = JSON.stringify({
    expiration: inSeconds(6000),
    conditions: [...conditions, ...signed],
    ...document,
  }).replaceAll('\\\\$', '\\$');
  const policy = Buffer.from(text).toString('base64');
  const signature = signPolicy(policy, date.toISOString().slice(0, 10).replaceAll('-', ''));
  const values = {
    key: 'foo.txt',
    'Content-Type': 'text/plain',
    ...Object.fromEntries(authentication),
    policy,
    'x-amz-signature': signature,
    ...fields,
  };
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

/** Replaces what is signed after it was signed. */
function tampered(name: string, change: (value: string) => string): Fields {
  return form().map(([field, value]) => [field, field === name ? change(value) : value]);
}

const reversed = (text: string) => [...text].reverse().join('');
const withAccessKey = (change: (id: string) => string) =>
  tampered('x-amz-credential', (value) => value.replace(/^[^/]+/, change));

const status = (value: string): FormChanges => ({
  conditions: [...CONDITIONS, { success_action_status: value }],
  fields: { success_action_status: value },
});
const without = (...left: readonly unknown[]) => CONDITIONS.filter((condition) => !left.includes(condition));
const sized = (...bounds: readonly unknown[]) => [...without(RANGE_CONDITION), range(...bounds)];
const ranged = (...bounds: readonly unknown[]): FormChanges => ({ conditions: sized(...bounds) });
const summed = (key: string, checksum: string): FormChanges => ({
  conditions: [...sized(0, 5 * MIB), { 'x-amz-checksum-sha256': checksum }],
  fields: { key, 'x-amz-checksum-sha256': checksum },
});

const MIB = 1024 * 1024;
const foo = { key: 'foo.txt' };

export const CEPH_CASES: readonly CephCase[] = [
  { name: 'authenticated_request', form, status: 204, stored: foo },
  {
    name: 'authenticated_no_content_type',
    form: () => form({ conditions: without(TYPE_CONDITION), fields: { 'Content-Type': undefined } }),
    status: 204,
    stored: foo,
  },
  { name: 'authenticated_request_bad_access_key', form: () => withAccessKey(() => 'foo'), status: 403 },
  { name: 'set_success_code', form: () => form(status('201')), status: 201, stored: foo },
  { name: 'set_invalid_success_code', form: () => form(status('404')), status: 204, stored: foo },
  {
    name: 'upload_larger_than_chunk',
    form: () => form(ranged(0, 5 * MIB)),
    file: 'foo'.repeat(MIB),
    status: 204,
    stored: foo,
  },
  {
    name: 'set_key_from_filename',
    form: () => form({ fields: { key: '${filename}' } }),
    filename: 'foo.txt',
    status: 204,
    stored: foo,
  },
  {
    name: 'ignored_header',
    form: () => form({ fields: { 'x-ignore-foo': 'bar' } }),
    status: 204,
    stored: foo,
  },
  {
    name: 'case_insensitive_condition_fields',
    form: () =>
      form({
        conditions: [
          { bUcKeT: BUCKET },
          ['StArTs-WiTh', '$KeY', 'foo'],
          ['StArTs-WiTh', '$CoNtEnT-TyPe', 'text/plain'],
          RANGE_CONDITION,
        ],
      }).map(([name, value]) => [{ key: 'kEy', policy: 'pOLICy' }[name] ?? name, value]),
    status: 204,
    stored: foo,
  },
  {
    name: 'escaped_field_values',
    form: () =>
      form({
        conditions: [...without(KEY_CONDITION), ['starts-with', '$key', '\\$foo']],
        fields: { key: '$foo.txt' },
      }),
    status: 204,
    stored: { key: '$foo.txt' },
  },
  { name: 'invalid_signature', form: () => tampered('x-amz-signature', reversed), status: 403 },
  { name: 'invalid_access_key', form: () => withAccessKey(reversed), status: 403 },
  {
    name: 'invalid_date_format',
    form: () => form({ document: { expiration: inSeconds(6000).replace('T', ' ') } }),
    status: 400,
  },
  {
    name: 'no_key_specified',
    form: () => form({ conditions: without(KEY_CONDITION), fields: { key: undefined } }),
    status: 400,
  },
  { name: 'missing_signature', form: () => form({ fields: { 'x-amz-signature': undefined } }), status: 400 },
  {
    name: 'missing_policy_condition',
    form: () => form({ conditions: without(BUCKET_CONDITION) }),
    status: 403,
  },
  {
    name: 'user_specified_header',
    form: () =>
      form({
        conditions: [...CONDITIONS, ['starts-with', '$x-amz-meta-foo', 'bar']],
        fields: { 'x-amz-meta-foo': 'barclamp' },
      }),
    status: 204,
    stored: { ...foo, metadata: { foo: 'barclamp' } },
  },
  {
    name: 'request_missing_policy_specified_field',
    form: () => form({ conditions: [...CONDITIONS, ['starts-with', '$x-amz-meta-foo', 'bar']] }),
    status: 403,
  },
  {
    name: 'condition_is_case_sensitive',
    form: () => form({ document: { conditions: undefined, CONDITIONS } }),
    status: 400,
  },
  {
    name: 'expires_is_case_sensitive',
    form: () => form({ document: { expiration: undefined, EXPIRATION: inSeconds(6000) } }),
    status: 400,
  },
  { name: 'expired_policy', form: () => form({ document: { expiration: inSeconds(-6000) } }), status: 403 },
  {
    name: 'wrong_bucket',
    form: () => form({ fields: { key: '${filename}', bucket: BUCKET } }),
    filename: 'foo.txt',
    bucket: 'other-bucket',
    status: 403,
  },
  {
    name: 'invalid_request_field_value',
    form: () =>
      form({
        conditions: [...CONDITIONS, ['eq', '$x-amz-meta-foo', '']],
        fields: { 'x-amz-meta-foo': 'barclamp' },
      }),
    status: 403,
  },
  {
    name: 'missing_expires_condition',
    form: () => form({ document: { expiration: undefined } }),
    status: 400,
  },
  {
    name: 'missing_conditions_list',
    form: () => form({ document: { conditions: undefined } }),
    status: 400,
  },
  { name: 'upload_size_limit_exceeded', form: () => form(ranged(0, 0)), status: 400 },
  { name: 'missing_content_length_argument', form: () => form(ranged(0)), status: 400 },
  { name: 'invalid_content_length_argument', form: () => form(ranged(-1, 0)), status: 400 },
  { name: 'upload_size_below_minimum', form: () => form(ranged(512, 1000)), status: 400 },
  {
    name: 'upload_size_rgw_chunk_size_bug',
    form: () => form(ranged(4 * MIB, 12 * MIB)),
    file: 'x'.repeat(4 * MIB + 200),
    status: 204,
    stored: foo,
  },
  { name: 'empty_conditions', form: () => form({ conditions: [{}] }), status: 400 },
  {
    name: 'upload_checksum: right',
    form: () => form(summed('foo_cksum_test.txt', sha256('x'.repeat(2 * MIB)))),
    file: 'x'.repeat(2 * MIB),
    status: 204,
    stored: { key: 'foo_cksum_test.txt' },
  },
  {
    name: 'upload_checksum: wrong',
    form: () => form(summed('foo_cksum_test.txt', 'sailorjerry')),
    file: 'x'.repeat(2 * MIB),
    status: 400,
  },
];

/** Cases that need what the service's bucket does not offer; what is answered in place of ceph's status. */
export const LEFT_OUT: readonly (CephCase & { readonly needs: string })[] = [
  {
    name: 'anonymous_request',
    needs: 'a public bucket',
    form: () => [['key', 'foo.txt']],
    status: 403,
  },
  {
    name: 'success_redirect_action',
    needs: 'redirects',
    form: () =>
      form({
        conditions: [...CONDITIONS, { success_action_redirect: 'http://localhost/done' }],
        fields: { success_action_redirect: 'http://localhost/done' },
      }),
    status: 501,
  },
  {
    name: 'tags_anonymous_request',
    needs: 'a public bucket and tags',
    form: () => [
      ['key', 'foo.txt'],
      ['tagging', TAGGING],
    ],
    status: 403,
  },
  {
    name: 'tags_authenticated_request',
    needs: 'tags',
    form: () =>
      form({ conditions: [...CONDITIONS, ['starts-with', '$tagging', '']], fields: { tagging: TAGGING } }),
    status: 501,
  },
];

const TAGGING = '<Tagging><TagSet><Tag><Key>0</Key><Value>0</Value></Tag></TagSet></Tagging>';

function sha256(content: string): string {
  return createHash('sha256').update(content).digest('base64');
}
