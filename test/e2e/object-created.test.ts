import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import type { Mount } from '../../local/template/synth.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { Client } from './client.ts';

/** Logs each message that it gets, and fails on those whose key says so. */
const HANDLER = `exports.handler = async ({ Records }) => {
  const batchItemFailures = [];
  for (const { body, messageId, attributes } of Records) {
    console.log({ event: JSON.parse(body), attempt: attributes.ApproximateReceiveCount });
    if (body.includes('poison')) batchItemFailures.push({ itemIdentifier: messageId });
  }
  return { batchItemFailures };
};`;

/** A function that works off what S3 tells of one tenant's objects. */
const watcher: Mount = (stack, id, { bucket }) => {
  const { bucketName } = bucket;
  (bucket.node.defaultChild as s3.CfnBucket).notificationConfiguration = {
    eventBridgeConfiguration: { eventBridgeEnabled: true },
  };
  const code = temporaryDirectory();
  writeFileSync(join(code, 'index.js'), HANDLER);
  const queue = new sqs.Queue(stack, `${id}Work`, {
    visibilityTimeout: Duration.seconds(30),
    deadLetterQueue: { maxReceiveCount: 2, queue: new sqs.Queue(stack, `${id}DeadLetters`) },
  });
  new events.Rule(stack, `${id}Created`, {
    eventPattern: {
      source: ['aws.s3'],
      detailType: ['Object Created'],
      detail: { bucket: { name: [bucketName] }, object: { key: [{ prefix: 'tenants/t_watched/' }] } },
    },
    targets: [new targets.SqsQueue(queue)],
  });
  const fn = new lambda.Function(stack, `${id}Watch`, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    role: new iam.Role(stack, `${id}Role`, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }),
    code: lambda.Code.fromAsset(code),
  });
  fn.addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true }));
};

interface Line {
  readonly event: { readonly detail: { readonly object: { readonly key: string } } };
  readonly attempt: string;
}

let cloud: Cloud;
const lines: Line[] = [];

beforeAll(async () => {
  cloud = await startCloud({
    subscribers: [watcher],
    firstBackoffMs: 1,
    log(line) {
      const { message } = JSON.parse(line) as { message: Line };
      if (message.event !== undefined) lines.push(message);
    },
  });
});
afterAll(() => cloud?.close());

const linesOf = (assetId: string) => lines.filter(({ event }) => event.detail.object.key.includes(assetId));
const bodies = (queue: string) =>
  cloud.services.sqs.queues
    .get(queue)
    ?.messages()
    .map(({ body }) => body);

test('an upload reaches the function through the rule and its queue, once', async () => {
  const client = await Client.for(cloud, { tenant_id: 't_watched' });
  const assetId = await client.uploaded('a.txt', 'bytes');
  await expect.poll(() => linesOf(assetId)).toHaveLength(1);
  const { event, attempt } = linesOf(assetId)[0] as Line;
  expect(attempt).toBe('1');
  expect(event).toMatchObject({
    'detail-type': 'Object Created',
    detail: {
      bucket: { name: cloud.names.bucket },
      object: { key: `tenants/t_watched/dev/raw/${assetId}/a.txt`, size: 5 },
      reason: 'PostObject',
    },
  });
  await expect.poll(() => bodies('subscriber-work')).toEqual([]);
});

test('the rule’s pattern leaves out the others’', async () => {
  const other = await (await Client.for(cloud, { tenant_id: 't_watched2' })).uploaded('a.txt', 'bytes');
  const watched = await (await Client.for(cloud, { tenant_id: 't_watched' })).uploaded('b.txt', 'bytes');
  await expect.poll(() => linesOf(watched)).toHaveLength(1);
  expect(linesOf(other)).toEqual([]);
});

test('what the function keeps failing on goes to the dead-letter queue', async () => {
  const client = await Client.for(cloud, { tenant_id: 't_watched' });
  const assetId = await client.uploaded('poison.txt', 'bytes');
  await expect.poll(() => bodies('subscriber-dead-letters')).toHaveLength(1);
  expect(bodies('subscriber-dead-letters')?.[0]).toContain(assetId);
  expect(linesOf(assetId).map(({ attempt }) => attempt)).toEqual(['1', '2']);
  expect(bodies('subscriber-work')).toEqual([]);
});
