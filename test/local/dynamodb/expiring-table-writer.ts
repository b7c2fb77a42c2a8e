import { EXPIRING, NOW } from './expiring-table.ts';
import { openThings } from './table-definition.ts';

// Puts items that have expired and removes them in the name of Time to Live, for good; a line on stdout for each round.
const table = await openThings(String(process.argv[2]), EXPIRING);
for (let round = 0; ; round++) {
  const put = (n: number) => {
    const Item = { pk: { S: `${process.pid} ${round} ${n}` }, ttl: { N: String(NOW - 1) } };
    return table.handle('PutItem', { TableName: EXPIRING.name, Item });
  };
  await Promise.all([put(1), put(2), put(3)]);
  await table.removeAllExpired(NOW);
  process.stdout.write(`${round}\n`);
}
