import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { ENV } from '#core/env';
import { ACCOUNT_ID, REGION } from '../../local/account.ts';
import { startAwsEndpoint } from '../../local/aws-endpoint.ts';
import { openEventBus } from '../../local/event-bus.ts';
import { openQueue } from '../../local/queue.ts';
import { createS3Handler } from '../../local/s3/handler.ts';
import { openTable } from '../../local/table.ts';

export const BUCKET = 'raw-bucket';
export const TABLE = 'assets';
const BUS = 'raw-bus';
const QUEUE = 'poison';
const credentials = { accessKeyId: 'ASIATEST', secretAccessKey: 'secret', sessionToken: 'token' };

/** The embedded stores behind one endpoint, with the environment that a function of the stack would have there. */
export async function startAws() {
  const dir = mkdtempSync(join(tmpdir(), 'nexus-aws-'));
  const table = await openTable({
    dir: join(dir, 'table'),
    definition: {
      name: TABLE,
      streamArn: `arn:aws:dynamodb:${REGION}:${ACCOUNT_ID}:table/${TABLE}/stream/local`,
      keySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      attributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    },
  });
  const bus = openEventBus({ dir: join(dir, 'bus'), names: [BUS] });
  const queue = openQueue({ dir: join(dir, 'queue'), name: QUEUE });
  const s3 = createS3Handler({
    dir: join(dir, 's3'),
    buckets: [{ name: BUCKET, corsRules: [] }],
    credentials,
    region: REGION,
  });
  const endpoint = await startAwsEndpoint({ port: 0, credentials, table, bus, queue, s3 });
  const environment = {
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    [ENV.rawBucket]: BUCKET,
    [ENV.assetTable]: TABLE,
    [ENV.eventBus]: BUS,
    [ENV.poisonQueueUrl]: `${endpoint.url}/${ACCOUNT_ID}/${QUEUE}`,
    [ENV.maxUploadBytes]: '1000',
    [ENV.maxHashBytes]: '100',
    [ENV.uploadExpirySeconds]: '900',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  return {
    table,
    bus,
    queue,
    async close() {
      vi.unstubAllEnvs();
      await endpoint.close();
      await table.close();
      bus.close();
      queue.close();
      await s3.store.close();
      rmSync(dir, { recursive: true });
    },
  };
}

export type TestAws = Awaited<ReturnType<typeof startAws>>;

/** Posts a signed form with its file last, as a browser would. */
export async function postForm(
  form: { url: string; fields: Readonly<Record<string, string>> },
  bytes: Buffer,
) {
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append('file', new Blob([new Uint8Array(bytes)]), 'file');
  return fetch(form.url, { method: 'POST', body });
}
