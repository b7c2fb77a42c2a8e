import { DEFINITION, openThings } from './table-definition.ts';

// Counts four items up, all at once and for good; a line on stdout tells of each write that is acknowledged.
const table = await openThings(String(process.argv[2]));
await Promise.all(['a', 'b', 'c', 'd'].map(count));

async function count(pk: string): Promise<void> {
  for (;;) {
    const output = (await table.handle('UpdateItem', {
      TableName: DEFINITION.name,
      Key: { pk: { S: pk } },
      UpdateExpression: 'ADD n :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ReturnValues: 'ALL_NEW',
    })) as { Attributes: { n: { N: string } } };
    process.stdout.write(`${pk} ${output.Attributes.n.N}\n`);
  }
}
