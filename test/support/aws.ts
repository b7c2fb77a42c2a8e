import { join } from 'node:path';
import { vi } from 'vitest';
import { ENV } from '#core/env';
import type { FunctionName } from '../../lib/function-names.ts';
import { CloudFormation } from '../../local/cloudformation/describe-stacks.ts';
import { openTable } from '../../local/dynamodb/table.ts';
import { openEventBus } from '../../local/eventbridge/event-bus.ts';
import { startAwsEndpoint } from '../../local/http/aws-endpoint.ts';
import { Principals } from '../../local/iam/principals.ts';
import { readResourcePolicies, readRoles } from '../../local/iam/template.ts';
import { createS3Handler } from '../../local/s3/handler.ts';
import { openQueue } from '../../local/sqs/queue.ts';
import { Sts } from '../../local/sts/sts.ts';
import { ACCOUNT_ID, REGION } from '../../local/template/account.ts';
import { STACK_NAME, synthesize } from '../../local/template/synth.ts';
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
export async function startAws({ as: who = 'presign-upload' as FunctionName | 'administrator' } = {}) {
  const dir = temporaryDirectory();
  const settings = { issuer: 'https://issuer.example', audience: 'nexus' };
  const template = synthesize(settings, join(dir, 'cdk.out'));
  const iam = new Principals({
    dir: join(dir, 'iam'),
    roles: readRoles(template),
    resourcePolicies: readResourcePolicies(template),
  });
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
  const buckets = [
    { name: BUCKET, versioned: true, corsRules: [] },
    { name: FAILURE_BUCKET, versioned: false, corsRules: [] },
  ];
  const s3 = createS3Handler({ dir: join(dir, 's3'), buckets, iam, region: REGION });
  const sts = new Sts(iam);
  const cloudformation = new CloudFormation(iam, {
    name: STACK_NAME,
    outputs: () => template.at(endpoint.url).outputs(),
  });
  const endpoint = await startAwsEndpoint({ port: 0, iam, table, bus, queue, sts, cloudformation, s3 });
  const credentials = who === 'administrator' ? iam.administrator : iam.credentialsOf(roleArn(`${who}-role`));
  const environment = {
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    [ENV.rawBucket]: BUCKET,
    [ENV.bucketOwner]: ACCOUNT_ID,
    [ENV.assetTable]: TABLE,
    [ENV.tenantRoleArn]: roleArn('tenant-role'),
    [ENV.eventBus]: BUS,
    [ENV.poisonQueueUrl]: `${endpoint.url}/${ACCOUNT_ID}/${QUEUE}`,
    [ENV.maxUploadBytes]: '1000',
    [ENV.maxHashBytes]: '100',
    [ENV.uploadExpirySeconds]: '900',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  return {
    url: endpoint.url,
    iam,
    sts,
    table,
    bus,
    queue,
    store: s3.store,
    /** Of a session of the tenant role with these tags. */
    sessionCredentials(tags: Readonly<Record<string, string>>) {
      const role = iam.role(roleArn('tenant-role'));
      if (role === undefined) throw new Error('The stack has no tenant role');
      return iam.startSession(role, 'test', tags, 3600).credentials;
    },
    async close() {
      vi.unstubAllEnvs();
      await endpoint.close();
      await table.close();
      bus.close();
      queue.close();
      await s3.store.close();
      iam.close();
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
