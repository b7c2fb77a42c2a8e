import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseDatasetEvent } from 'nexus-raw-storage/events';

/** Is not done with an event until there is a file `gate` in the working directory. */
export async function handler({ detail }: { detail: unknown }): Promise<void> {
  const { asset_id } = parseDatasetEvent(detail);
  console.info({ message: 'waiting', asset_id });
  while (!existsSync('gate')) await sleep(20);
  console.info({ message: 'let through', asset_id });
}
