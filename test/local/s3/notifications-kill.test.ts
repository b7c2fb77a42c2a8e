import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Bus } from '../../../local/eventbridge/bus.ts';
import { toEventMessage } from '../../../local/s3/event-message.ts';
import { VersionStore } from '../../../local/s3/version-store.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const KILLS = 5;

test(`killed ${KILLS} times while it takes objects, S3 has told EventBridge of each one`, async () => {
  const dir = temporaryDirectory();
  for (let kills = 0; kills < KILLS; kills++) {
    const writer = spawn(process.execPath, [join(import.meta.dirname, 'notifying-writer.ts'), dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(writer.stdout, 'data');
    await sleep(Math.random() * 100);
    writer.kill('SIGKILL');
    await once(writer, 'close');
  }
  const store = new VersionStore(join(dir, 's3'));
  const bus = new Bus(join(dir, 'bus'));
  const versions = [...store.keys('b')].flatMap(([, [version]]) => version?.versionId ?? []);
  expect(versions.length).toBeGreaterThan(KILLS);
  store.notifications.start((change) => bus.put(toEventMessage(change)));
  const told = () => bus.events().map(({ detail }) => (detail as { object: object }).object);
  const versionsTold = () => new Set(told().map((object) => String(Reflect.get(object, 'version-id'))));
  await expect.poll(() => [...versionsTold()].toSorted()).toEqual(versions.toSorted());
  // Told again is at most what was under way at each kill, by the same id.
  expect(told().length - versions.length).toBeLessThanOrEqual(KILLS);
  expect(new Set(bus.events().map(({ id }) => id)).size).toBe(versions.length);
  await store.close();
  bus.close();
});
