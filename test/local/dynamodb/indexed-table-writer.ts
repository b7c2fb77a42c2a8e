import { INDEXED } from './indexed-table.ts';
import { openThings } from './table-definition.ts';

// Moves items through an index, all at once and for good, and deletes them in between; a line on stdout for each write.
const table = await openThings(String(process.argv[2]), INDEXED);
const TableName = INDEXED.name;
await Promise.all(['a', 'b', 'c', 'd'].map(move));

async function move(pk: string): Promise<void> {
  for (let n = 0; ; n++) {
    const Item = { pk: { S: pk }, list_pk: { S: 'all' }, list_sk: { S: `${n} of ${process.pid}` } };
    if (n % 3 === 2) await table.handle('DeleteItem', { TableName, Key: { pk: Item.pk } });
    else await table.handle('PutItem', { TableName, Item });
    process.stdout.write(`${pk} ${n}\n`);
  }
}
