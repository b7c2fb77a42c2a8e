import { expect, test } from 'vitest';
import { readStreamMappings } from '../../../local/lambda/mapping-template.ts';
import { readersOf } from '../../../local/lambda/stream-mappings.ts';
import { UnsupportedTemplateError } from '../../../local/template/unsupported.ts';
import { templateOf } from '../template-of.ts';

const at = (path: string) => ({ Metadata: { 'aws:cdk:path': `Stack/${path}/Resource` } });
const tableOf = (
  path: string,
  more: object = { StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' } },
) => ({
  Type: 'AWS::DynamoDB::GlobalTable',
  ...at(path),
  Properties: { KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }], AttributeDefinitions: [], ...more },
});
const resources = {
  table: tableOf('Assets'),
  other: tableOf('Others'),
  silent: tableOf('Silent', {}),
  publish: { Type: 'AWS::Lambda::Function', ...at('publish') },
  settle: { Type: 'AWS::Lambda::Function', ...at('settle') },
  bucket: { Type: 'AWS::S3::Bucket', ...at('Failures') },
  queue: { Type: 'AWS::SQS::Queue', ...at('Poison') },
};
const mappingOf = (properties: object = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    EventSourceArn: { 'Fn::GetAtt': ['table', 'StreamArn'] },
    FunctionName: { Ref: 'publish' },
    StartingPosition: 'TRIM_HORIZON',
    ...properties,
  },
});
const read = (mappings: object) => readStreamMappings(templateOf({ ...resources, ...mappings }));
const filtersOf = (...patterns: unknown[]) => ({
  FilterCriteria: { Filters: patterns.map((pattern) => ({ Pattern: JSON.stringify(pattern) })) },
});

test('all mappings of the stack are read, each with its function, its table and its name', () => {
  const settle = mappingOf({ FunctionName: { Ref: 'settle' } });
  const elsewhere = mappingOf({ EventSourceArn: { 'Fn::GetAtt': ['other', 'StreamArn'] } });
  const mappings = read({ first: mappingOf(), second: settle, third: elsewhere });
  expect(mappings.map(({ mappingId, functionName, table }) => [mappingId, functionName, table.name])).toEqual(
    [
      ['first', 'publish', 'assets'],
      ['second', 'settle', 'assets'],
      ['third', 'publish', 'others'],
    ],
  );
  expect(readersOf('assets', mappings)).toEqual(['first', 'second']);
  expect(readersOf('silent', mappings)).toEqual([]);
});

test('a mapping without settings has Lambda’s, no filter and no destination', () => {
  const [mapping] = read({ mapping: mappingOf() });
  expect(mapping).toMatchObject({
    functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:publish',
    settings: {
      batchSize: 100,
      parallelizationFactor: 1,
      maximumRecordAgeInSeconds: -1,
      maximumRetryAttempts: -1,
      bisect: false,
      reportBatchItemFailures: false,
    },
    filters: [],
  });
  expect(mapping).not.toHaveProperty('failureBucket');
});

test('a mapping has its filters, also where they name other resources', () => {
  const named = { 'Fn::Join': ['', ['{"eventSourceARN":["', { 'Fn::GetAtt': ['table', 'Arn'] }, '"]}']] };
  const { FilterCriteria } = filtersOf({ eventName: ['REMOVE'] });
  const [mapping] = read({
    mapping: mappingOf({ FilterCriteria: { Filters: [...FilterCriteria.Filters, { Pattern: named }] } }),
  });
  const [removed, ofTable, ...others] = mapping?.filters ?? [];
  expect(others).toEqual([]);
  expect(removed?.matches({ eventName: 'REMOVE' })).toBe(true);
  expect(removed?.matches({ eventName: 'INSERT' })).toBe(false);
  const eventSourceARN = 'arn:aws:dynamodb:us-east-1:000000000000:table/assets';
  expect(ofTable?.matches({ eventSourceARN })).toBe(true);
});

test('a mapping that is disabled is none, nor is there one in a stack without', () => {
  expect(read({ mapping: mappingOf({ Enabled: false }) })).toEqual([]);
  expect(read({})).toEqual([]);
});

test.each([
  [
    'a window',
    { TumblingWindowInSeconds: 5 },
    'TumblingWindowInSeconds of the mapping mapping is not run locally',
  ],
  [
    'a batching window',
    { MaximumBatchingWindowInSeconds: 5 },
    'MaximumBatchingWindowInSeconds of the mapping',
  ],
  ['another start', { StartingPosition: 'LATEST' }, 'mapping starts from LATEST'],
  [
    'a stream of Kinesis',
    { EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/clicks' },
    ':stream/clicks is no stream of a table of the stack',
  ],
  [
    'a table that has no stream',
    { EventSourceArn: { 'Fn::GetAtt': ['silent', 'StreamArn'] } },
    'table/silent/stream/local is no stream of a table of the stack',
  ],
  [
    'a filter’s operator',
    filtersOf({ a: [{ wildcard: 'x*' }] }),
    'A filter of the mapping mapping: a: the operator',
  ],
  ['$or', filtersOf({ $or: [{ a: ['x'] }, { b: ['x'] }] }), '$or: the operator $or is not matched locally'],
  [
    'a filter that is no JSON',
    { FilterCriteria: { Filters: [{ Pattern: '{\n' }] } },
    'A filter of the mapping',
  ],
  ['a filter without a pattern', { FilterCriteria: { Filters: [{}] } }, 'A filter of the mapping'],
  [
    'six filters',
    filtersOf(...Array(6).fill({ a: ['x'] })),
    'The mapping mapping has 6 filters: Lambda takes 5',
  ],
])('what is not run locally is refused in one line: %s', (_, properties, message) => {
  const reading = () => read({ mapping: mappingOf(properties) });
  expect(reading).toThrow(UnsupportedTemplateError);
  expect(reading).toThrow(message);
  expect(reading).not.toThrow('\n');
});
