import { readFileSync } from 'node:fs';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, postParts } from '../../support/post-form.ts';
import { BUCKET, type S3Server, startS3Server } from '../../support/s3-server.ts';
import { CEPH_CASES, type CephCase, LEFT_OUT } from './ceph-cases.ts';

const DOCS = readFileSync(new URL('../../../docs/embedded-s3.md', import.meta.url), 'utf8');

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.close());
beforeEach(async () => {
  for (const bucket of [BUCKET, 'other-bucket']) {
    for (const [key, versions] of [...server.store.keys(bucket)]) {
      for (const { versionId } of versions) await server.store.remove(bucket, key, versionId);
    }
  }
});

const answers = new Map<string, string>();

async function answerTo({ name, form, file = 'bar', filename, bucket = BUCKET }: CephCase): Promise<Answer> {
  const parts = form().map(([name, value]) => ({ name, value }));
  const last = { name: 'file', value: file, ...(filename !== undefined && { filename }) };
  const answer = await postParts(server.url, [...parts, last], bucket);
  answers.set(name, `${answer.status} ${answer.code}`.trim());
  return answer;
}

describe.each([...CEPH_CASES, ...LEFT_OUT])('test_post_object_$name', (it_) => {
  it(`is answered ${it_.status}`, async () => {
    const { status, body } = await answerTo(it_);
    expect(status, body).toBe(it_.status);
    if (it_.stored === undefined) {
      expect([...server.store.keys(BUCKET), ...server.store.keys('other-bucket')]).toEqual([]);
      return;
    }
    if (status === 201) expect(body).toContain(`<Key>${it_.stored.key}</Key>`);
    else expect(body).toBe('');
    const got = await server.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: it_.stored.key }));
    expect(await got.Body?.transformToString()).toBe(it_.file ?? 'bar');
    expect(got.Metadata).toEqual(it_.stored.metadata ?? {});
  });
});

/** A table as it stands in the docs. Run the whole file to have an answer in each row. */
function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(columns), `|${columns.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

it('docs/embedded-s3.md has the answers of this run', () => {
  const rows = CEPH_CASES.map(({ name }) => [`\`${name}\``, answers.get(name) ?? '']);
  expect(DOCS).toContain(table(['case', 'answer'], rows));
});

it('docs/embedded-s3.md says what is left out, and why', () => {
  const rows = LEFT_OUT.map(({ name, needs }) => [`\`${name}\``, needs, answers.get(name) ?? '']);
  expect(DOCS).toContain(table(['case', 'needs', 'answer'], rows));
});
