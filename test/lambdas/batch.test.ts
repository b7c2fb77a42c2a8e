import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { PresignResponse } from '#contract/uploads';
import { sha256 } from '../../scripts/api-client.ts';
import { loadApi } from '../support/api-handlers.ts';
import { postForm, startAws, type TestAws } from '../support/aws.ts';

let aws: TestAws;
let api: Awaited<ReturnType<typeof loadApi>>;
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  aws = await startAws();
  api = await loadApi();
  vi.spyOn(console, 'info').mockImplementation((line) => lines.push(line));
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterAll(() => aws.close());

/** What differs between two calls by nature. */
function comparable({ status, body }: { status: number; body: Record<string, unknown> }) {
  const { fields, expires_at, created_at, version_id, ...rest } = body;
  return { status, body: rest, fields: Object.keys((fields as object | undefined) ?? {}) };
}

/** One of several values, and now and then one that is refused. */
const field = (good: readonly unknown[], bad: unknown) =>
  fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constant(bad) });
const request = (ids: readonly string[]) =>
  fc.record(
    {
      asset_id: field(ids, 'no id'),
      filename: field(['a.txt', 'b.csv'], 'a/b'),
      content_type: field(['text/plain', ''], 'nonsense'),
      size_bytes: field([3, 0, 5000, 200], '3'),
      sha256: field([sha256('abc')], 'ab'),
      register: field(['explicit', 'on_upload'], 'later'),
      metadata: field([{}, { a: 1 }], [1]),
    },
    { requiredKeys: ['filename'] },
  );

/** The same requests for two sets of ids: one is asked for in a batch, the other one by one. */
const twice = <T extends { asset_id?: unknown }>(
  items: readonly T[],
  ids: readonly string[],
  others: readonly string[],
) =>
  items.map((item) => {
    const index = ids.indexOf(item.asset_id as string);
    return index < 0 ? item : { ...item, asset_id: others[index] };
  });

test('a batch of presigns answers what the calls would have, one by one', async () => {
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(
      fc.constant(0).chain(() => {
        const ids = Array.from({ length: 3 }, () => randomUUID());
        return fc.tuple(fc.constant(ids), fc.array(request(ids), { minLength: 1, maxLength: 12 }));
      }),
      async ([ids, items]) => {
        const others = ids.map(() => randomUUID());
        const { status, body } = await api.batch('batchPresignUpload', items);
        expect(status).toBe(200);
        const singles = [];
        for (const item of twice(items, ids, others)) singles.push(await api.presign(item));
        const neutral = (text: string) =>
          JSON.parse(
            [...ids, ...others].reduce((all, id, index) => all.replaceAll(id, `id ${index % 3}`), text),
            // An id that was left to the service is another one each time.
            (_, value) =>
              typeof value === 'string' ? value.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'new id') : value,
          );
        expect(neutral(JSON.stringify(body.items.map(comparable)))).toEqual(
          neutral(JSON.stringify(singles.map(comparable))),
        );
        for (const outcome of body.items) seen.add(outcome.status);
      },
    ),
    { numRuns: 60 },
  );
  expect([...seen].sort()).toEqual([200, 409, 413, 422]);
});

/** A register of one of these, mostly of what was uploaded: `abc`. */
const claim = (ids: readonly string[]) =>
  fc.record(
    {
      asset_id: field([...ids, randomUUID()], 'no id'),
      filename: field(['a.txt', 'a.txt', 'b.txt'], '..'),
      content_type: field(['text/plain', ''], 'nonsense'),
      size_bytes: field([3, 3, 4], -1),
      sha256: field([sha256('abc'), sha256('abc'), sha256('')], 'ab'),
      metadata: field([{}, { a: 1 }], 'text'),
    },
    { requiredKeys: ['asset_id'] },
  );

test('a batch of registers answers what the calls would have, one by one', async () => {
  const seen = new Set<number>();
  /** Of three assets: SHA-256 declared, not declared, nothing uploaded. */
  async function three() {
    const declared = [{ sha256: sha256('abc') }, {}, {}];
    const { body } = await api.batch(
      'batchPresignUpload',
      declared.map((values) => ({ filename: 'a.txt', ...values })),
    );
    const forms = body.items.map((item: { body: PresignResponse }) => item.body) as PresignResponse[];
    for (const form of forms.slice(0, 2)) await postForm(form, Buffer.from('abc'));
    return forms.map(({ asset_id }) => asset_id);
  }
  const names = ['first', 'second', 'third'];
  await fc.assert(
    fc.asyncProperty(fc.array(claim(names), { minLength: 1, maxLength: 12 }), async (items) => {
      const [ids, others] = [await three(), await three()];
      const { body } = await api.batch('batchRegister', twice(items, names, ids));
      const singles = [];
      for (const item of twice(items, names, others)) singles.push(await api.register(item));
      const neutral = (outcomes: readonly Parameters<typeof comparable>[0][]) =>
        JSON.parse(
          [...ids, ...others].reduce(
            (all, id, index) => all.replaceAll(id, `id ${index % 3}`),
            JSON.stringify(outcomes.map(comparable)),
          ),
        );
      expect(neutral(body.items)).toEqual(neutral(singles));
      for (const outcome of body.items) seen.add(outcome.status);
    }),
    { numRuns: 60 },
  );
  expect([...seen].sort()).toEqual([200, 404, 409, 422]);
});

test('a batch of registers answers what the calls would have', async () => {
  const { body } = await api.batch('batchPresignUpload', [
    { filename: 'a.txt', sha256: sha256('abc') },
    { filename: 'b.txt' },
    { filename: 'never.txt' },
  ]);
  const forms = body.items.map((item: { body: never }) => item.body);
  for (const form of forms.slice(0, 2)) expect((await postForm(form, Buffer.from('abc'))).status).toBe(201);
  const [a, b, never] = forms.map(({ asset_id }: { asset_id: string }) => asset_id);
  lines.length = 0;
  const answer = await api.batch('batchRegister', [
    { asset_id: a, metadata: { n: 1 } },
    { asset_id: b, sha256: sha256('other') },
    { asset_id: never },
    { asset_id: randomUUID() },
    { asset_id: a, metadata: { n: 1 } },
    { asset_id: a, metadata: { n: 2 } },
    { asset_id: b.toUpperCase() },
    {},
  ]);
  expect(
    answer.body.items.map(({ status, body }: never) => [status, (body as { code?: string }).code]),
  ).toEqual([
    [200, undefined],
    [422, 'upload_mismatch'],
    [409, 'not_uploaded'],
    [404, 'asset_not_found'],
    [200, undefined],
    [409, 'already_registered'],
    [200, undefined],
    [422, 'invalid_request'],
  ]);
  expect(answer.body.items[4]).toEqual(answer.body.items[0]);
  expect((await api.get(a)).body).toEqual(answer.body.items[0].body);
  const registered = lines.filter(({ message }) => message === 'asset registered');
  expect(registered).toEqual([expect.objectContaining({ asset_ids: [a, a, b] })]);
});

test('what is no batch is refused as a whole', async () => {
  const refused = async (body: unknown) => (await api.batch('batchPresignUpload', body as never)).body;
  expect(await refused([])).toMatchObject({ code: 'invalid_request', errors: [{ path: 'items' }] });
  expect(await refused(Array(101).fill({ filename: 'a' }))).toMatchObject({
    errors: [{ path: 'items', message: 'holds over 100 items' }],
  });
  expect(await refused('a' as never)).toMatchObject({
    errors: [{ path: 'items', message: 'is "a", not a list' }],
  });
  const { body } = await api.batch('batchPresignUpload', Array(100).fill({ filename: 'a' }));
  expect(new Set(body.items.map(({ status }: { status: number }) => status))).toEqual(new Set([200]));
});
