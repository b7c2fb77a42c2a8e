import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EVENT_SOURCE } from '#contract/events';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { Client } from '../e2e/client.ts';

let cloud: Cloud;
let events: EventBridgeClient;

beforeAll(async () => {
  cloud = await startCloud({
    settings: {
      alarmEmail: 'ops@example.com',
      redrivers: ['arn:aws:iam::111122223333:role/operator'],
      throttle: { rateLimit: 1, burstLimit: 2 },
    },
  });
  events = new EventBridgeClient({
    endpoint: cloud.awsUrl,
    region: cloud.region,
    credentials: cloud.iam.administrator,
    maxAttempts: 1,
  });
});

afterAll(async () => {
  events.destroy();
  await cloud.close();
});

const put = (...sources: string[]) =>
  events.send(
    new PutEventsCommand({
      Entries: sources.map((Source) => ({
        Source,
        DetailType: 'anything',
        Detail: '{}',
        EventBusName: cloud.names.bus,
      })),
    }),
  );

test('an alarm’s topic and its key are not run here, and in nobody’s way', async () => {
  const client = await Client.for(cloud);
  expect((await client.presign({ filename: 'a.txt' })).status).toBe(200);
  await expect.poll(() => cloud.bus.events().length).toBe(1);
});

test('the bus takes the service’s events of nobody else: not of an administrator, nor among others', async () => {
  await expect(put(EVENT_SOURCE)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await expect(put('theirs', EVENT_SOURCE)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(await put('theirs')).toMatchObject({ FailedEntryCount: 0 });
});

test('the gateway throttles as the template says', async () => {
  const client = await Client.for(cloud);
  const answers = await Promise.all(Array.from({ length: 6 }, () => client.presign({ filename: 'a.txt' })));
  expect(answers.map(({ status }) => status)).toContain(429);
});
