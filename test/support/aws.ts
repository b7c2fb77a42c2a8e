import { join } from 'node:path';
import { vi } from 'vitest';
import { ENV } from '#core/env';
import type { FunctionName } from '../../lib/function-names.ts';
import { PLUGINS, RESOURCE_TYPES } from '../../local/cloud.ts';
import type { Table } from '../../local/dynamodb/table.ts';
import { createAwsEndpoint } from '../../local/endpoint/aws-endpoint.ts';
import { openServices } from '../../local/endpoint/plugin.ts';
import type { Bus } from '../../local/eventbridge/bus.ts';
import { listenOnLoopback } from '../../local/http/loopback-server.ts';
import { openPrincipals } from '../../local/iam/template.ts';
import type { Queue } from '../../local/sqs/queue.ts';
import { ACCOUNT_ID, REGION } from '../../local/template/account.ts';
import { synthesize } from '../../local/template/synth.ts';
import { temporaryDirectory } from './temporary.ts';

/** The stack's local names. */
export const BUCKET = 'raw-bucket';
export const FAILURE_BUCKET = 'failure-bucket';
export const TABLE = 'asset-table';
const BUS = 'event-bus';
const QUEUE = 'poison-queue';
export const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT_ID}:role/${name}`;

/**
 * The embedded stores behind one endpoint, under the stack's own policies, with the environment that a function of the
 * stack would have there: its credentials are those of `who`.
 */
export async function startAws({
  as: who = 'presign-upload' as FunctionName | 'administrator',
  now = () => new Date(),
} = {}) {
  const dir = temporaryDirectory();
  await using opened = new AsyncDisposableStack();
  const server = await listenOnLoopback(0);
  opened.defer(() => server.close());
  const template = synthesize({
    settings: { issuer: 'https://issuer.example', audience: 'nexus' },
    outdir: join(dir, 'cdk.out'),
    types: RESOURCE_TYPES,
    endpoints: { aws: server.url },
  });
  const iam = openPrincipals(join(dir, 'iam'), template, now);
  opened.defer(() => iam.close());
  const services = await openServices(PLUGINS, { dir, template, iam, now }, opened);
  server.serve(createAwsEndpoint(Object.values(services), iam, now));
  // Closed before the services.
  opened.defer(() => server.close());
  const credentials = who === 'administrator' ? iam.administrator : iam.credentialsOf(roleArn(`${who}-role`));
  const environment = {
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: server.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    [ENV.rawBucket]: BUCKET,
    [ENV.bucketOwner]: ACCOUNT_ID,
    [ENV.assetTable]: TABLE,
    [ENV.tenantRoleArn]: roleArn('tenant-role'),
    [ENV.purgeRoleArn]: roleArn('purge-role'),
    [ENV.eventBus]: BUS,
    [ENV.poisonQueueUrl]: `${server.url}/${ACCOUNT_ID}/${QUEUE}`,
    [ENV.maxUploadBytes]: '1000',
    [ENV.maxHashBytes]: '100',
    [ENV.uploadExpirySeconds]: '900',
    [ENV.deleteRetentionDays]: '30',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const running = opened.move();
  return {
    url: server.url,
    iam,
    services,
    putEvents: services.eventbridge.operations.PutEvents,
    table: services.dynamodb.tables.get(TABLE) as Table,
    bus: services.eventbridge.buses.get(BUS) as Bus,
    queue: services.sqs.queues.get(QUEUE) as Queue,
    store: services.s3.store,
    /** Of a session of the tenant role with these tags. */
    sessionCredentials(tags: Readonly<Record<string, string>>) {
      const role = iam.role(roleArn('tenant-role'));
      if (role === undefined) throw new Error('The stack has no tenant role');
      return iam.startSession(role, 'test', tags, 3600).credentials;
    },
    async close() {
      vi.unstubAllEnvs();
      await running.disposeAsync();
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
