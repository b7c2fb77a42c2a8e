import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { PresignResponse } from '#contract/uploads';
import { context } from '../support/api-event.ts';
import { loadApi } from '../support/api-handlers.ts';
import { postForm, startAws, type TestAws } from '../support/aws.ts';

let aws: TestAws;
let api: Awaited<ReturnType<typeof loadApi>>;
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  aws = await startAws();
  api = await loadApi();
  vi.spyOn(console, 'info').mockImplementation((line) => lines.push(line));
  vi.spyOn(console, 'error').mockImplementation(() => {});
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterAll(() => aws.close());

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Uploads whose bytes register must hash, since their SHA-256 was not declared; their ids. */
async function undeclared(sizes: readonly number[]): Promise<string[]> {
  const { body } = await api.batch(
    'batchPresignUpload',
    sizes.map((size) => ({ filename: `${size}.bin` })),
  );
  const forms = body.items.map((item: { body: PresignResponse }) => item.body) as PresignResponse[];
  for (const [index, form] of forms.entries())
    expect((await postForm(form, Buffer.alloc(sizes[index] as number))).status).toBe(201);
  return forms.map(({ asset_id }) => asset_id);
}

const statuses = ({ body }: { body: { items: { status: number }[] } }) =>
  body.items.map(({ status }) => status);

test('a batch hashes no more than a single call may, 100 bytes here: the rest is for the calls after it', async () => {
  const ids = await undeclared([50, 50, 50, 50, 50, 0]);
  const items = ids.map((asset_id) => ({ asset_id }));
  const { body } = await api.batch('batchPresignUpload', [{ filename: 'a.txt', sha256: sha256('abc') }]);
  const [{ body: proven }] = body.items;
  expect((await postForm(proven, Buffer.from('abc'))).status).toBe(201);
  const all = [...items, { asset_id: proven.asset_id }];
  const rounds = [];
  for (let round = 0; round < 3; round++) rounds.push(statuses(await api.batch('batchRegister', all)));
  for (const round of rounds) expect(round.slice(5)).toEqual([200, 200]);
  // Whichever items come first: two a call, and what is registered is not hashed again.
  expect(rounds.map((round) => round.filter((status) => status === 503).length)).toEqual([3, 1, 0]);
});

test('what a slow store does not give in time is answered 503 in its place, and none of the others is lost', async () => {
  const ids = await undeclared([20, 20, 20]);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { open } = aws.store;
  const slow = vi.spyOn(aws.store, 'open').mockImplementationOnce(async (version) => {
    await released;
    return open.call(aws.store, version);
  });
  lines.length = 0;
  // Three seconds for all that is not held up.
  const remaining = vi.spyOn(context, 'getRemainingTimeInMillis').mockReturnValue(4500);
  const answer = await api.batch('batchRegister', [...ids.map((asset_id) => ({ asset_id })), {}]);
  remaining.mockRestore();
  expect(answer.status).toBe(200);
  expect(statuses(answer).sort()).toEqual([200, 200, 422, 503]);
  const late = answer.body.items.find(({ status }: { status: number }) => status === 503);
  expect(late.body).toMatchObject({ code: 'unavailable', request_id: 'request-1' });

  // What was begun is not lost either, and the log says who did it.
  release();
  const registered = () => lines.filter(({ message }) => message === 'asset registered');
  await expect.poll(() => registered().length, { timeout: 10_000 }).toBe(2);
  expect(
    registered()
      .flatMap(({ asset_ids }) => asset_ids as string[])
      .sort(),
  ).toEqual([...ids].sort());
  slow.mockRestore();
  const again = await api.batch(
    'batchRegister',
    ids.map((asset_id) => ({ asset_id })),
  );
  expect(statuses(again)).toEqual([200, 200, 200]);
});
