import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { marshall } from '@aws-sdk/util-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { partitionKey } from '#core/assets/asset-record';
import { type Cloud, startCloud } from '../../../local/cloud.ts';
import type { Mount } from '../../../local/template/synth.ts';
import { eventsOf } from '../../e2e/client.ts';
import { presignedRecord } from '../../support/asset-records.ts';
import { AssetWriter } from '../../support/asset-writer.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** Writes each record that it gets to its log. */
const HANDLER =
  'exports.handler = async ({ Records }) => { for (const record of Records) console.log({ record }); };';

/** A second reader of the asset table: what is registered, and what Time to Live removes. */
const watcher: Mount = (stack, id, { table }) => {
  const code = temporaryDirectory();
  writeFileSync(join(code, 'index.js'), HANDLER);
  const fn = new lambda.Function(stack, `${id}Watch`, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    role: new iam.Role(stack, `${id}Role`, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }),
    code: lambda.Code.fromAsset(code),
  });
  const { exists, isEqual } = lambda.FilterRule;
  fn.addEventSource(
    new DynamoEventSource(table, {
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      filters: [
        lambda.FilterCriteria.filter({
          dynamodb: {
            OldImage: { status: { S: isEqual('presigned') } },
            NewImage: { status: { S: lambda.FilterRule.notEquals('presigned') } },
          },
        }),
        lambda.FilterCriteria.filter({
          userIdentity: { principalId: isEqual('dynamodb.amazonaws.com') },
          dynamodb: {
            OldImage: { pk: { S: exists() } },
            NewImage: { pk: { S: lambda.FilterRule.notExists() } },
          },
        }),
      ],
    }),
  );
};

let cloud: Cloud;
let writer: AssetWriter;
const watched: DynamoDBRecord[] = [];

beforeAll(async () => {
  cloud = await startCloud({
    subscribers: [watcher],
    firstBackoffMs: 1,
    log(line) {
      const { message } = JSON.parse(line) as { message: { record?: DynamoDBRecord } };
      if (message.record !== undefined) watched.push(message.record);
    },
  });
  writer = new AssetWriter(cloud);
});
afterAll(async () => {
  writer?.close();
  await cloud?.close();
});

const idOf = (record: DynamoDBRecord) => record.dynamodb?.Keys?.['pk']?.S;

test('two mappings read one stream: each gets its records, and the stream keeps none of them after', async () => {
  const presigned = presignedRecord();
  const { asset } = presigned;
  await writer.write(presigned);
  await expect
    .poll(() => eventsOf(cloud, asset.asset_id).map(({ event_type }) => event_type))
    .toEqual(['raw_asset_presigned', 'raw_asset_registered']);
  await expect.poll(() => watched.map(idOf)).toEqual([partitionKey(asset)]);
  expect(watched[0]).toMatchObject({
    eventName: 'MODIFY',
    dynamodb: { NewImage: { status: { S: 'registered' } } },
  });
  await expect.poll(() => writer.log.undelivered()).toEqual([]);
});

test('what Time to Live removes reaches the mapping that asks for it, and what a caller removes does not', async () => {
  const table = cloud.services.dynamodb.tables.get(cloud.names.table);
  const keys = ['expired', 'deleted'].map((name) => marshall({ pk: `t_acme#dev#${name}` }));
  const [expired = {}, deleted = {}] = keys;
  for (const key of keys) {
    const Item = { ...key, ttl: { N: '1' }, status: { S: 'presigned' } };
    await table?.handle('PutItem', { TableName: cloud.names.table, Item });
  }
  await table?.handle('DeleteItem', { TableName: cloud.names.table, Key: deleted });
  expect(await table?.removeExpired(expired, 'ttl', 2)).toBe(true);
  const removals = () => watched.filter(({ eventName }) => eventName === 'REMOVE');
  await expect.poll(() => removals().map(idOf)).toEqual(['t_acme#dev#expired']);
  expect(removals()[0]).toMatchObject({
    userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
    dynamodb: { OldImage: { status: { S: 'presigned' } } },
  });
  expect(removals()[0]?.dynamodb).not.toHaveProperty('NewImage');
});
