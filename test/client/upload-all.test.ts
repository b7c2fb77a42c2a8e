import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createClient, type UploadItem, type UploadOutcome } from '../../client/index.ts';
import { sha256 } from '../../scripts/api-client.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterEach(() => {
  world.meddle(() => undefined);
  world.calls.length = 0;
});
afterAll(() => world?.close());

interface Item extends UploadItem {
  readonly number: number;
}

const item = (number: number, values: Partial<Item> = {}): Item => ({
  number,
  file: new Blob([`file ${number}`]),
  filename: `${number}.txt`,
  ...values,
});
const items = (count: number) => Array.from({ length: count }, (_, number) => item(number));

async function all(outcomes: AsyncIterable<UploadOutcome<Item>>) {
  const found: UploadOutcome<Item>[] = [];
  for await (const outcome of outcomes) found.push(outcome);
  return found.sort((a, b) => a.item.number - b.item.number);
}

const codes = (outcomes: readonly UploadOutcome<Item>[]) =>
  outcomes.map((outcome) => ('error' in outcome ? outcome.error.code : 'sent'));
const apiCalls = () => world.calls.filter((call) => call.includes('/nexus/'));

test('every file is registered once, by three calls a hundred at most; one that is refused stops no other', async () => {
  const given = items(230);
  given[17] = item(17, { filename: 'a/b' });
  given[18] = { number: 18, file: new Blob(['no name']) };
  const outcomes = await all(world.client.uploadAll(given));
  expect(outcomes).toHaveLength(230);
  for (const outcome of outcomes) {
    const { number } = outcome.item;
    if (number === 17 || number === 18) expect(outcome).toMatchObject({ error: { code: 'invalid_request' } });
    else expect(outcome).toMatchObject({ sent: true, asset: { sha256: sha256(`file ${number}`) } });
  }
  expect(apiCalls().length).toBeLessThanOrEqual(Math.ceil(230 / 100) * 3);
  const registered = world.cloud.bus
    .events()
    .filter((event) => event['detail-type'] === 'raw_asset_registered');
  await expect
    .poll(() => new Set(registered.map(({ detail }) => detail['asset_id'])).size)
    .toBe(registered.length);
});

test('what is there already is not sent again: one call for a hundred', async () => {
  const given = items(120).map((one) => ({
    ...one,
    assetId: randomUUID(),
    sha256: sha256(`file ${one.number}`),
  }));
  expect(codes(await all(world.client.uploadAll(given, { resume: true })))).toEqual(Array(120).fill('sent'));
  world.calls.length = 0;
  const again = await all(world.client.uploadAll(given, { resume: true }));
  expect(again.map((outcome) => 'sent' in outcome && outcome.sent)).toEqual(Array(120).fill(false));
  expect(apiCalls()).toHaveLength(2);
  expect(world.calls).toHaveLength(2);
});

test('where the first of many is new, the others are asked for all the same', async () => {
  const given = items(450).map((one) => ({
    ...one,
    assetId: randomUUID(),
    sha256: sha256(`file ${one.number}`),
  }));
  await all(world.client.uploadAll(given.slice(1), { resume: true }));
  world.calls.length = 0;
  const again = await all(world.client.uploadAll(given, { resume: true }));
  expect(again.filter((outcome) => 'sent' in outcome && outcome.sent)).toHaveLength(1);
  expect(apiCalls().filter((call) => call.endsWith('/presign-upload'))).toHaveLength(1);
});

test('an upload that was posted, and not registered, is registered and not sent again', async () => {
  const given = [item(0, { assetId: randomUUID(), sha256: sha256('file 0') })];
  let isPosted = false;
  const stop = new AbortController();
  world.meddle(({ url = '' }, response) => {
    isPosted ||= url.startsWith('/raw-bucket');
    if (!isPosted || !url.includes('/nexus/')) return undefined;
    // As if the client had been killed: it registers nothing, and cancels nothing.
    stop.abort();
    response.writeHead(404).end('{}');
    return undefined;
  });
  expect(codes(await all(world.client.uploadAll(given, { resume: true, signal: stop.signal })))).toEqual([
    'aborted',
  ]);
  world.meddle(() => undefined);
  world.calls.length = 0;
  expect(await all(world.client.uploadAll(given, { resume: true }))).toMatchObject([{ sent: false }]);
  expect(world.calls).toEqual(['POST /nexus/raw/batch/register']);
});

test('the input is read as files end: never far ahead', async () => {
  let given = 0;
  let ended = 0;
  let furthest = 0;
  const endless = (async function* () {
    for (; given < 500; given++) {
      furthest = Math.max(furthest, given - ended);
      yield item(given);
    }
  })();
  for await (const _ of world.client.uploadAll(endless)) ended += 1;
  expect(ended).toBe(500);
  expect(furthest).toBeGreaterThan(100);
  expect(furthest).toBeLessThanOrEqual(301);
});

test('no more files are open than twice the concurrency: so many are hashed while so many are sent', async () => {
  let open = 0;
  let most = 0;
  /** A blob that counts those of its kind that are being read, slowly. */
  class Counted extends Blob {
    override stream() {
      most = Math.max(most, ++open);
      const read = async (chunk: Uint8Array<ArrayBuffer>, to: TransformStreamDefaultController) => {
        await sleep(10);
        to.enqueue(chunk);
      };
      const flush = () => {
        open -= 1;
      };
      return super.stream().pipeThrough(new TransformStream({ transform: read, flush }));
    }
  }
  const given = items(100).map((one) => ({ ...one, file: new Counted([`file ${one.number}`]) }));
  expect(codes(await all(world.client.uploadAll(given, { concurrency: 3 })))).toEqual(
    Array(100).fill('sent'),
  );
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(6);
});

test('whoever stops to read ends it: nothing more is begun', async () => {
  for await (const _ of world.client.uploadAll(items(2000))) break;
  // What was opened is cancelled, which takes as long as it takes.
  const begun = () => world.calls.filter((call) => !call.endsWith('/cancel'));
  await sleep(300);
  const before = begun();
  await sleep(500);
  expect(begun()).toEqual(before);
});

test('an input that fails is told, once the files before it have ended', async () => {
  const failing = (async function* () {
    yield item(0);
    throw new Error('the folder is gone');
  })();
  const found: string[] = [];
  await expect(
    (async () => {
      for await (const outcome of world.client.uploadAll(failing)) found.push(...codes([outcome]));
    })(),
  ).rejects.toThrow('the folder is gone');
  expect(found).toEqual(['sent']);
});

test('one item that the service cannot serve for now is asked for again, with those of its batch that were served left alone', async () => {
  let answered = 0;
  world.meddle(({ url = '' }, response) => {
    if (!url.includes('/batch/register') || answered++ > 0) return undefined;
    const body = { code: 'unavailable', status: 503, detail: 'later', request_id: 'r' };
    response.writeHead(200).end(JSON.stringify({ items: Array(3).fill({ status: 503, body }) }));
    return undefined;
  });
  expect(codes(await all(world.client.uploadAll(items(3))))).toEqual(['sent', 'sent', 'sent']);
  expect(apiCalls().filter((call) => call.includes('register')).length).toBeGreaterThan(1);
});

test.each([0, -1, Number.NaN])(
  'with a concurrency of %d nothing would be sent: it is refused',
  async (concurrency) => {
    await expect(all(world.client.uploadAll(items(1), { concurrency }))).rejects.toThrow(TypeError);
  },
);

test('a call that nobody answers is made eight times, for all of its items together', async () => {
  world.meddle(() => 'drop');
  expect(codes(await all(world.client.uploadAll(items(3))))).toEqual(Array(3).fill('network_error'));
  expect(apiCalls()).toEqual(Array(8).fill('POST /nexus/raw/batch/presign-upload'));
});

test('a token that is refused is the end of each file, told by its code', async () => {
  const client = createClient({ baseUrl: world.url, token: 'none' });
  expect(codes(await all(client.uploadAll(items(3))))).toEqual(Array(3).fill('unauthorized'));
});

test('a large file is read as it is sent: memory does not grow with it', async () => {
  const path = join(temporaryDirectory(), 'large.bin');
  writeFileSync(path, '');
  truncateSync(path, 250_000_000);
  const sink = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(201).end());
  }).listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
  const program = `
    import { openAsBlob } from 'node:fs';
    import { postForm } from './client/form.ts';
    await postForm({ url: '${url}', fields: { key: 'k' } }, await openAsBlob('${path}'), () => {}, undefined);
    console.log(process.resourceUsage().maxRSS);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  sink.close();
  console.log(`a post of 250 MB: ${Math.round(Number(stdout) / 1024)} MiB at most`);
  expect(Number(stdout) / 1024).toBeLessThan(200);
});
