import { join } from 'node:path';
import { BatchGetItemCommand, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dynamodbPlugin } from '../../../local/dynamodb/plugin.ts';
import type { DynamoDb } from '../../../local/dynamodb/service.ts';
import { createAwsEndpoint } from '../../../local/endpoint/aws-endpoint.ts';
import { listenOnLoopback } from '../../../local/http/loopback-server.ts';
import type { Role } from '../../../local/iam/principal.ts';
import { openPrincipals } from '../../../local/iam/template.ts';
import { REGION } from '../../../local/template/account.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { templateOf } from '../template-of.ts';

const table = { 'Fn::GetAtt': ['things', 'Arn'] };
const tenantsKeys = {
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['${aws:PrincipalTag/tenant_id}#*'] },
  Null: { 'dynamodb:LeadingKeys': 'false' },
};

/** A table with an index, and a role that reads what begins with the tenant of its session. */
const template = templateOf({
  things: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: ['pk', 'list_pk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'list',
          KeySchema: [{ AttributeName: 'list_pk', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    },
  },
  tenant: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: { Statement: [] } } },
  policy: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      Roles: [{ Ref: 'tenant' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'dynamodb:BatchGetItem', Resource: table, Condition: tenantsKeys },
          {
            Effect: 'Allow',
            Action: 'dynamodb:Query',
            Resource: { 'Fn::Join': ['', [table, '/index/list']] },
            Condition: tenantsKeys,
          },
        ],
      },
    },
  },
});

let client: DynamoDBClient;
let close: () => Promise<void>;

beforeAll(async () => {
  const dir = temporaryDirectory();
  const now = () => new Date();
  const iam = openPrincipals(join(dir, 'iam'), template, now);
  const service = (await dynamodbPlugin(() => []).open({ dir, template, iam, now })) as DynamoDb;
  const server = await listenOnLoopback(0);
  server.serve(createAwsEndpoint([service], iam));
  const role = iam.role('arn:aws:iam::000000000000:role/tenant') as Role;
  const { credentials } = iam.startSession(role, 'test', { tenant_id: 't_acme' }, 900);
  client = new DynamoDBClient({ endpoint: server.url, region: REGION, credentials, maxAttempts: 1 });
  close = async () => {
    client.destroy();
    await server.close();
    await service.close();
    iam.close();
  };
  for (const tenant of ['t_acme', 't_other']) {
    const Item = { pk: { S: `${tenant}#1` }, list_pk: { S: `${tenant}#list` } };
    await service.table('things').handle('PutItem', { TableName: 'things', Item });
  }
});
afterAll(() => close());

const query = (KeyConditionExpression: string, value: string, IndexName: string | undefined = 'list') =>
  client.send(
    new QueryCommand({
      TableName: 'things',
      IndexName,
      KeyConditionExpression,
      ExpressionAttributeValues: { ':v': { S: value } },
    }),
  );
const batch = (...keys: string[]) =>
  client.send(
    new BatchGetItemCommand({ RequestItems: { things: { Keys: keys.map((S) => ({ pk: { S } })) } } }),
  );
const denied = { name: 'AccessDeniedException' };

test('a tenant’s session queries its own partition of the index, and no other', async () => {
  expect((await query('list_pk = :v', 't_acme#list')).Items).toMatchObject([{ pk: { S: 't_acme#1' } }]);
  await expect(query('list_pk = :v', 't_other#list')).rejects.toMatchObject(denied);
});

test('the table’s key is none of the index, and the table is no index', async () => {
  await expect(query('pk = :v', 't_acme#1')).rejects.toMatchObject(denied);
  await expect(query('list_pk = :v', 't_acme#list', 'other')).rejects.toMatchObject(denied);
  const whole = new QueryCommand({
    TableName: 'things',
    KeyConditionExpression: 'pk = :v',
    ExpressionAttributeValues: { ':v': { S: 't_acme#1' } },
  });
  await expect(client.send(whole)).rejects.toMatchObject(denied);
});

test('a tenant’s session reads a batch of its own items, and none that names another’s among them', async () => {
  const { Responses } = await batch('t_acme#1', 't_acme#none');
  expect(Responses?.['things']).toMatchObject([{ pk: { S: 't_acme#1' } }]);
  await expect(batch('t_acme#1', 't_other#1')).rejects.toMatchObject(denied);
  await expect(batch('t_other#1')).rejects.toMatchObject(denied);
});
