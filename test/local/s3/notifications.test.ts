import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { toEventMessage } from '../../../local/s3/event-message.ts';
import type { ObjectChange } from '../../../local/s3/notifications.ts';
import { readBuckets } from '../../../local/s3/template.ts';
import { postForm, signedForm } from '../../support/post-form.ts';
import { BUCKET, startS3Server } from '../../support/s3-server.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { templateOf } from '../template-of.ts';

/** The embedded S3, whose bucket notifies, with what was told of since `start`. */
async function open({ dir = temporaryDirectory(), notifies = true, now = () => new Date() } = {}) {
  const server = await startS3Server({ dir, notifies, now });
  let isOpen = true;
  const close = async () => {
    if (isOpen) await server.close();
    isOpen = false;
  };
  onTestFinished(close);
  const told: ObjectChange[] = [];
  const start = () => server.store.notifications.start((change) => told.push(change));
  const post = async (key: string) => {
    const { status, headers } = await postForm(server.url, signedForm({ key, date: now() }));
    expect(status).toBe(204);
    return headers;
  };
  return { server, told, start, post, close };
}

test('an upload is told as Object Created', async () => {
  const { told, start, post } = await open({ now: () => new Date('2026-01-31T12:00:00.500Z') });
  start();
  const headers = await post('a/b.txt');
  await expect.poll(() => told).toHaveLength(1);
  expect(told.map(toEventMessage)).toEqual([
    {
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'Object Created',
      source: 'aws.s3',
      account: '000000000000',
      time: '2026-01-31T12:00:00Z',
      region: 'us-east-1',
      resources: [`arn:aws:s3:::${BUCKET}`],
      detail: {
        version: '0',
        bucket: { name: BUCKET },
        object: {
          key: 'a/b.txt',
          size: 7,
          etag: '9a0364b9e99bb480dd25e1f0284c8555',
          'version-id': headers.get('x-amz-version-id'),
          sequencer: '0000000000000001',
        },
        'request-id': headers.get('x-amz-request-id'),
        requester: '000000000000',
        'source-ip-address': '127.0.0.1',
        reason: 'PostObject',
      },
    },
  ]);
});

test('a delete marker and the removal of a version are told as Object Deleted, of the version that it is', async () => {
  const { server, told, start, post } = await open();
  start();
  const VersionId = String((await post('a')).get('x-amz-version-id'));
  const marker = await server.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }));
  await server.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a', VersionId }));
  await server.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a', VersionId }));
  await expect.poll(() => told).toHaveLength(3);
  const deletion = (versionId: string | undefined, sequencer: string, type: string) => ({
    'detail-type': 'Object Deleted',
    detail: {
      object: { key: 'a', 'version-id': versionId, sequencer },
      reason: 'DeleteObject',
      'deletion-type': type,
    },
  });
  const events = told.slice(1).map(toEventMessage);
  expect(events).toMatchObject([
    deletion(marker.VersionId, '0000000000000002', 'Delete Marker Created'),
    deletion(VersionId, '0000000000000003', 'Permanently Deleted'),
  ]);
  for (const { detail } of events) expect(detail['object']).not.toHaveProperty('size');
});

test('a bucket that does not notify is told of nothing', async () => {
  const { told, start, post } = await open({ notifies: false });
  start();
  await post('a');
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(told).toEqual([]);
});

test('what was not told when the process ended is told by the next one, and nothing twice', async () => {
  const dir = temporaryDirectory();
  const first = await open({ dir });
  first.start();
  await first.post('told');
  await expect.poll(() => first.told).toHaveLength(1);
  first.server.store.notifications.stop();
  await first.post('left');
  await first.close();
  expect(first.told).toHaveLength(1);

  const second = await open({ dir });
  await second.post('new');
  second.start();
  await expect.poll(() => second.told.map(({ version }) => version.key)).toEqual(['left', 'new']);
  await second.close();
  const third = await open({ dir });
  third.start();
  await third.post('last');
  await expect.poll(() => third.told.map(({ version }) => version.key)).toEqual(['last']);
});

test('what could not be told is told again, before what comes after it', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  const { server, post } = await open();
  const told: string[] = [];
  let failures = 1;
  server.store.notifications.start(({ version }) => {
    if (failures-- > 0) throw new Error('the disk is full');
    told.push(version.key);
  });
  await post('a');
  await post('b');
  await expect.poll(() => told, { timeout: 3000 }).toEqual(['a', 'b']);
});

test('a template’s bucket notifies EventBridge, and nobody else', () => {
  const bucketOf = (NotificationConfiguration?: object) =>
    templateOf({ bucket: { Type: 'AWS::S3::Bucket', Properties: { NotificationConfiguration } } });
  const enabled = bucketOf({ EventBridgeConfiguration: { EventBridgeEnabled: true } });
  expect(readBuckets(enabled)).toMatchObject([{ notifies: true }]);
  const disabled = bucketOf({ EventBridgeConfiguration: { EventBridgeEnabled: false } });
  expect(readBuckets(disabled)[0]).not.toHaveProperty('notifies');
  expect(readBuckets(bucketOf())[0]).not.toHaveProperty('notifies');
  expect(() => readBuckets(bucketOf({ QueueConfigurations: [] }))).toThrow(
    'QueueConfigurations of the bucket bucket is not run locally',
  );
});
