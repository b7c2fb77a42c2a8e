import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Item } from '../../../local/dynamodb/dynalite-store.ts';
import { INDEXED, ofPartition } from './indexed-table.ts';
import { makeDir, openThings } from './table-definition.ts';

const KILLS = 5;
const TableName = INDEXED.name;

test(`killed ${KILLS} times while it writes, an index holds the rows of the items that there are`, async () => {
  const dir = makeDir();
  for (let kills = 0; kills < KILLS; kills++) {
    const writer = spawn(process.execPath, [join(import.meta.dirname, 'indexed-table-writer.ts'), dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(writer.stdout, 'data');
    await sleep(Math.random() * 100);
    writer.kill('SIGKILL');
    await once(writer, 'close');

    const table = await openThings(dir, INDEXED);
    const items: Item[] = [];
    for (const pk of ['a', 'b', 'c', 'd']) {
      const { Item } = (await table.handle('GetItem', { TableName, Key: { pk: { S: pk } } })) as {
        Item?: Item;
      };
      if (Item !== undefined) items.push(Item);
    }
    const { Items: rows } = (await table.handle('Query', ofPartition('all'))) as { Items: Item[] };
    const byKey = (a: Item, b: Item) => String(a['pk']?.S).localeCompare(String(b['pk']?.S));
    expect(rows.toSorted(byKey)).toEqual(items);
    await table.close();
  }
});
