import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Bus } from '../../../local/eventbridge/bus.ts';
import { toEventMessage } from '../../../local/s3/event-message.ts';
import { VersionStore } from '../../../local/s3/version-store.ts';

// Puts objects into a bucket that notifies, for good; a line on stdout for each.
const dir = String(process.argv[2]);
const store = new VersionStore(join(dir, 's3'));
const bus = new Bus(join(dir, 'bus'));
store.notifications.start((change) => bus.put(toEventMessage(change)));
await Promise.all([1, 2, 3].map(put));

async function put(): Promise<never> {
  for (;;) {
    const key = randomUUID();
    const upload = store.stage();
    upload.write(Buffer.from(key));
    const cause = { eventId: randomUUID(), reason: 'PostObject', requestId: 'r', sourceIp: '::1' } as const;
    const description = { bucket: 'b', key, headers: {}, keepsSha256: false };
    await store.commit(upload, await upload.seal(), description, cause);
    process.stdout.write(`${key}\n`);
  }
}
