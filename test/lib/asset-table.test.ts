import { describe, expect, test } from 'vitest';
import { resource, synth } from '../support/synth.ts';

const template = synth();
const table = resource(template, 'AWS::DynamoDB::Table');

test('is on demand, recoverable to any point, and forgets by ttl', () => {
  expect(table.properties).toMatchObject({
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: ['pk', 'list_pk', 'list_sk'].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S',
    })),
    BillingMode: 'PAY_PER_REQUEST',
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
  });
});

test('streams both images of every change', () => {
  expect(table.properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' });
});

test('has one index, which lists, and no policy of its own: keys decide who reaches an item', () => {
  expect(table.properties.GlobalSecondaryIndexes).toEqual([
    {
      IndexName: 'list',
      KeySchema: [
        { AttributeName: 'list_pk', KeyType: 'HASH' },
        { AttributeName: 'list_sk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['content_type'] },
    },
  ]);
  for (const property of ['LocalSecondaryIndexes', 'ResourcePolicy'])
    expect(table.properties).not.toHaveProperty(property);
});

test('stays when the stack goes', () => {
  expect(template.findResources('AWS::DynamoDB::Table')[table.logicalId]).toMatchObject({
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
  });
});

describe('deletion protection', () => {
  test.each([
    ['dev', false],
    ['staging', false],
    ['prod', true],
  ] as const)('in %s: %s', (env, protection) => {
    const { properties } = resource(synth({ env }), 'AWS::DynamoDB::Table');
    expect(properties.DeletionProtectionEnabled).toBe(protection);
  });

  test.each([
    ['prod', false],
    ['dev', true],
  ] as const)('in %s, where the deployment says so: %s', (env, deletionProtection) => {
    const { properties } = resource(synth({ env, deletionProtection }), 'AWS::DynamoDB::Table');
    expect(properties.DeletionProtectionEnabled).toBe(deletionProtection);
  });
});
