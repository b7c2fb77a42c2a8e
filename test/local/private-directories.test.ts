import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { PresignResponse } from '#contract/uploads';
import { startCloud } from '../../local/cloud.ts';
import { Client, sha256 } from '../e2e/client.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Of what is synthesized nothing is a tenant's, nor a secret. */
const PUBLIC = /^cdk\.out(\/|$)/;

function directoriesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !PUBLIC.test(path) && statSync(join(dir, path)).isDirectory(),
  );
}

test('every directory that files, records, events or keys are in is its owner’s alone', async () => {
  const dir = temporaryDirectory();
  const cloud = await startCloud({ dir });
  const client = await Client.for(cloud);
  const file = 'one line\n';
  const presigned = await client.presign({
    filename: 'a.txt',
    size_bytes: file.length,
    sha256: sha256(file),
  });
  const form = presigned.body as unknown as PresignResponse;
  await client.upload(form, file);
  expect((await client.register({ asset_id: form.asset_id })).status).toBe(200);
  await expect.poll(() => cloud.bus.events().length).toBe(2);
  await cloud.close();

  const directories = directoriesIn(dir);
  const isOpen = (path: string) => (statSync(join(dir, path)).mode & 0o077) !== 0;
  // What LevelDB makes lies within a directory that is closed.
  const reachable = directories.filter((path) => dirname(path) === '.' || isOpen(dirname(path)));
  expect(reachable.length).toBeGreaterThan(2);
  expect(reachable.filter(isOpen)).toEqual([]);
});
