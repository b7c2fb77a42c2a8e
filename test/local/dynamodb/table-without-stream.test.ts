import { expect, onTestFinished, test } from 'vitest';
import { openTable } from '../../../local/dynamodb/open-table.ts';
import { makeDir } from './table-definition.ts';

const definition = {
  name: 'results',
  keySchema: [{ AttributeName: 'event_id', KeyType: 'HASH' as const }],
  attributeDefinitions: [{ AttributeName: 'event_id', AttributeType: 'S' as const }],
};
const putOnce = (event_id: string, lines: string) => ({
  TableName: 'results',
  Item: { event_id: { S: event_id }, lines: { N: lines } },
  ConditionExpression: 'attribute_not_exists(event_id)',
});

async function open(dir = makeDir(), other: object = {}) {
  const table = await openTable({ dir, definition: { ...definition, ...other } });
  onTestFinished(() => table.close().catch(() => {}));
  return table;
}

test('of puts that there be none, one is made, and it outlives the process', async () => {
  const dir = makeDir();
  const table = await open(dir);
  const outcomes = await Promise.allSettled(
    ['1', '2', '3'].map((lines) => table.handle('PutItem', putOnce('a', lines))),
  );
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'ConditionalCheckFailedException' },
  });
  await table.close();
  const reopened = await open(dir);
  const Key = { event_id: { S: 'a' } };
  const made = outcomes.findIndex(({ status }) => status === 'fulfilled');
  expect(await reopened.handle('GetItem', { TableName: 'results', Key })).toEqual({
    Item: { ...Key, lines: { N: String(made + 1) } },
  });
});

test('another table, or what would be left out, is refused', async () => {
  const table = await open();
  const other = { ...putOnce('a', '1'), TableName: 'other' };
  await expect(table.handle('PutItem', other)).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  const old = { ...putOnce('a', '1'), ReturnValuesOnConditionCheckFailure: 'ALL_NEW' };
  await expect(table.handle('PutItem', old)).rejects.toMatchObject({ code: 'ValidationException' });
  await expect(table.handle('UpdateTable', {})).rejects.toMatchObject({ code: 'UnknownOperationException' });
});

test('a table that is kept with another key is not opened', async () => {
  const dir = makeDir();
  await (await open(dir)).close();
  const keySchema = [{ AttributeName: 'pk', KeyType: 'HASH' as const }];
  await expect(open(dir, { keySchema })).rejects.toThrow(
    'The table results that is kept here has another key',
  );
});
