import { expect, test } from 'vitest';
import { tableAccess } from '../../../local/dynamodb/access.ts';

const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/things';
const access = (operation: string, input: object) =>
  tableAccess(operation, { TableName: 'things', ...input }, 'pk');
const keysOf = (operation: string, input: object) =>
  access(operation, input).context?.['dynamodb:LeadingKeys'];

test.each([
  ['GetItem', { Key: { pk: { S: 'a' } } }],
  ['DeleteItem', { Key: { pk: { S: 'a' } } }],
  ['UpdateItem', { Key: { pk: { S: 'a' }, sk: { N: '1' } } }],
  ['PutItem', { Item: { pk: { S: 'a' }, other: { S: 'b' } } }],
  ['GetItem', { TableName: TABLE, Key: { pk: { S: 'a' } } }],
])('%s with %j is on the table and its key', (operation, input) => {
  expect(access(operation, input)).toEqual({
    action: `dynamodb:${operation}`,
    resource: TABLE,
    context: { 'dynamodb:LeadingKeys': ['a'] },
  });
});

test.each([
  ['GetItem', {}],
  ['GetItem', { Key: null }],
  ['GetItem', { Key: { id: { S: 'a' } } }],
  ['PutItem', { Key: { pk: { S: 'a' } } }],
  ['UpdateItem', { Item: { pk: { S: 'a' } } }],
])('%s with %j names no key', (operation, input) => {
  expect(access(operation, input)).toEqual({
    action: `dynamodb:${operation}`,
    resource: TABLE,
    context: {},
  });
});

test('a value of two types is both', () => {
  expect(keysOf('GetItem', { Key: { pk: { S: 'a', N: '1' } } })).toEqual(['a', '1']);
});

test.each<[string, object, string[] | undefined]>([
  ['pk = :a', {}, ['1']],
  ['pk=:a AND sk = :b', {}, ['1']],
  ['sk > :a AND pk = :b', {}, ['2']],
  ['#k = :b', { '#k': 'pk' }, ['2']],
  ['pk = :a AND #k = :b', { '#k': 'pk' }, ['1', '2']],
  ['#k = :a', { '#k': 'sk' }, undefined],
  ['xpk = :a', {}, undefined],
  ['begins_with(pk, :a)', {}, undefined],
  ['pk = :c', {}, undefined],
  ['', {}, undefined],
])('a query of %j with %j asks for %j', (KeyConditionExpression, ExpressionAttributeNames, expected) => {
  const ExpressionAttributeValues = { ':a': { S: '1' }, ':b': { S: '2' } };
  const input = { KeyConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues };
  expect(keysOf('Query', input)).toEqual(expected);
});

test.each([
  ['pk', {}],
  ['name', { 'dynamodb:LeadingKeys': ['1'] }],
])('a query of %s in an index is on the index, whose keys are others', (attribute, context) => {
  const input = {
    TableName: 'things',
    IndexName: 'by-name',
    KeyConditionExpression: `${attribute} = :a`,
    ExpressionAttributeValues: { ':a': { S: '1' } },
  };
  expect(tableAccess('Query', input, 'name')).toEqual({
    action: 'dynamodb:Query',
    resource: `${TABLE}/index/by-name`,
    context,
  });
});
