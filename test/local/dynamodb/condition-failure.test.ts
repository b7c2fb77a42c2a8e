import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Services, startServices } from '../services.ts';

let services: Services;

beforeAll(async () => {
  services = await startServices();
});
afterAll(() => services.close());

const TableName = 'things';
const OLD = {
  pk: { S: 'a' },
  n: { N: '1' },
  nested: { M: { list: { L: [{ BOOL: true }, { NULL: true }] } } },
};
const send: Services['documents']['send'] = (...args: [never]) => services.documents.send(...args);
const thrownBy = (command: object) =>
  send(command as never).then(
    () => undefined,
    (error: unknown) => error,
  );

/** Each write fails: there is no item with n = 2. */
const writesOf = (pk: string, other: object = {}) => {
  const condition = {
    ConditionExpression: 'n = :n',
    ExpressionAttributeValues: { ':n': { N: '2' } },
    ...other,
  };
  const Key = { pk: { S: pk } };
  return {
    put: new PutItemCommand({ TableName, Item: { ...Key, n: { N: '3' } }, ...condition }),
    update: new UpdateItemCommand({ TableName, Key, UpdateExpression: 'SET n = :n', ...condition }),
    delete: new DeleteItemCommand({ TableName, Key, ...condition }),
  };
};

const ALL_OLD = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };

test.each(['put', 'update', 'delete'] as const)(
  '%s: its refusal carries the item that is there',
  async (write) => {
    await send(new PutItemCommand({ TableName, Item: OLD }) as never);
    const error = await thrownBy(writesOf('a', ALL_OLD)[write]);
    expect(error).toBeInstanceOf(ConditionalCheckFailedException);
    expect(error).toMatchObject({ message: 'The conditional request failed' });
    expect((error as ConditionalCheckFailedException).Item).toEqual(OLD);
  },
);

test.each(['put', 'update', 'delete'] as const)(
  '%s: where there is no item, none is carried',
  async (write) => {
    const error = await thrownBy(writesOf('none', ALL_OLD)[write]);
    expect(error).toBeInstanceOf(ConditionalCheckFailedException);
    expect((error as ConditionalCheckFailedException).Item).toBeUndefined();
  },
);

test.each([{}, { ReturnValuesOnConditionCheckFailure: 'NONE' }])('%j carries no item', async (other) => {
  await send(new PutItemCommand({ TableName, Item: OLD }) as never);
  for (const write of Object.values(writesOf('a', other))) {
    const error = await thrownBy(write);
    expect(error).toBeInstanceOf(ConditionalCheckFailedException);
    expect((error as ConditionalCheckFailedException).Item).toBeUndefined();
  }
});

test('a write that its condition allows answers as ever', async () => {
  await send(new PutItemCommand({ TableName, Item: OLD }) as never);
  const { Attributes } = await services.documents.send(
    new UpdateCommand({
      TableName,
      Key: { pk: 'a' },
      UpdateExpression: 'SET n = :two',
      ConditionExpression: 'n = :one',
      ExpressionAttributeValues: { ':one': 1, ':two': 2 },
      ReturnValues: 'ALL_NEW',
      ...{ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const },
    }),
  );
  expect(Attributes).toMatchObject({ pk: 'a', n: 2 });
});

test('the document client does not unmarshal the item', async () => {
  // https://github.com/aws/aws-sdk-js-v3/issues/6723
  await send(new PutItemCommand({ TableName, Item: OLD }) as never);
  const error = await thrownBy(
    new UpdateCommand({
      TableName,
      Key: { pk: 'a' },
      UpdateExpression: 'SET n = :n',
      ConditionExpression: 'n = :n',
      ExpressionAttributeValues: { ':n': 2 },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
  );
  expect((error as ConditionalCheckFailedException).Item).toEqual(OLD);
});

test('of writes at once, each refused one carries the item as the one before it left it', async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      thrownBy(
        new UpdateItemCommand({
          TableName,
          Key: { pk: { S: 'race' } },
          UpdateExpression: 'SET winner = :n',
          ConditionExpression: 'attribute_not_exists(pk)',
          ExpressionAttributeValues: { ':n': { N: String(n) } },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      ),
    ),
  );
  const winner = outcomes.indexOf(undefined);
  const losers = outcomes.filter((error) => error !== undefined) as ConditionalCheckFailedException[];
  expect(losers).toHaveLength(19);
  for (const { Item } of losers) expect(Item).toEqual({ pk: { S: 'race' }, winner: { N: String(winner) } });
});
