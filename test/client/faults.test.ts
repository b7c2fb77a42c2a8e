import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UploadItem } from '../../client/index.ts';
import { sha256 } from '../../scripts/api-client.ts';
import { MISHAPS, startWorld, type World } from './world.ts';

const FILES = 1000;
/** Of requests, each kind of mishap as often as the others. */
const SHARE = 0.05;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());

interface Item extends UploadItem {
  readonly content: string;
}

/** Every key of the bucket, with the versions under it. */
const stored = () => [...world.cloud.services.s3.store.keys(world.cloud.names.bucket)];

test('a thousand uploads over a bad line: each registered once, and no byte left over', {
  timeout: 300_000,
}, async () => {
  const mishaps = new Map<string, number>();
  world.meddle(() => {
    if (Math.random() >= SHARE) return undefined;
    const mishap = MISHAPS[Math.floor(Math.random() * MISHAPS.length)] ?? 'drop';
    mishaps.set(mishap, (mishaps.get(mishap) ?? 0) + 1);
    return mishap;
  });
  const items: Item[] = Array.from({ length: FILES }, (_, number) => {
    const content = `the content of file ${number}`;
    return { content, file: new Blob([content]), filename: `${number}.txt` };
  });
  const startedAt = Date.now();
  const assets = new Map<string, string>();
  // Half of them one by one, several at a time.
  const single = items.slice(FILES / 2).values();
  const uploadOneByOne = async () => {
    for (const { file, ...values } of single) {
      const asset = await world.client.upload(file, values);
      assets.set(asset.asset_id, asset.version_id);
      expect(asset.sha256).toBe(sha256(values.content));
    }
  };
  const uploadTogether = async () => {
    for await (const outcome of world.client.uploadAll(items.slice(0, FILES / 2))) {
      if ('error' in outcome) throw outcome.error;
      const { asset, item } = outcome;
      assets.set(asset.asset_id, asset.version_id);
      expect(asset.sha256).toBe(sha256(item.content));
    }
  };
  await Promise.all([uploadTogether(), ...Array.from({ length: 8 }, uploadOneByOne)]);
  console.log(
    `faults: ${FILES} uploads in ${(Date.now() - startedAt) / 1000} s,`,
    Object.fromEntries(mishaps),
  );
  expect(assets.size).toBe(FILES);
  for (const mishap of MISHAPS) expect(mishaps.get(mishap)).toBeGreaterThan(0);

  const registered = () =>
    world.cloud.bus.events().filter((event) => event['detail-type'] === 'raw_asset_registered');
  await expect.poll(() => registered().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(FILES);
  const ids = registered().map(({ detail }) => `${detail['asset_id']} ${detail['event_id']}`);
  // An event may come twice; another one of the same asset may not.
  expect(new Set(ids).size).toBe(FILES);
  // What came twice is removed.
  await expect
    .poll(
      () =>
        stored()
          .map(([, versions]) => versions.length)
          .filter((count) => count !== 1),
      { timeout: 30_000 },
    )
    .toEqual([]);
  expect(
    stored()
      .flatMap(([, versions]) => versions.map(({ versionId }) => versionId))
      .sort(),
  ).toEqual([...assets.values()].sort());
});
