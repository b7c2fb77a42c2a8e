import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as eventbridge from '@aws-sdk/client-eventbridge';
import * as s3 from '@aws-sdk/client-s3';
import * as sqs from '@aws-sdk/client-sqs';
import * as sts from '@aws-sdk/client-sts';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { partitionKey, toItem } from '#core/assets/asset-record';
import { bundle } from '../../lib/bundle.ts';
import { FUNCTION_NAMES, type FunctionName } from '../../lib/function-names.ts';
import { apiEvent } from '../support/api-event.ts';
import { presignedRecord } from '../support/asset-records.ts';
import { type Service, startRefusingAws } from '../support/refusing-aws.ts';
import { rejectionsDuring } from '../support/rejections.ts';

type Handler = (event: unknown, context: object) => Promise<unknown>;
type ErrorClass = new (...args: never[]) => Error;

const record = presignedRecord({ register: 'on_upload' });
const { asset_id } = record.asset;
const Item = marshall(toItem(record));
const stream = {
  Records: [
    { dynamodb: { Keys: { pk: { S: partitionKey(record.asset) } }, NewImage: Item, SequenceNumber: '1' } },
  ],
};
const { key } = record.asset;
const arrivals = {
  Records: [
    {
      messageId: '1',
      body: JSON.stringify({
        detail: { bucket: { name: 'raw-bucket' }, object: { key, 'version-id': 'v1' } },
      }),
    },
  ],
};
const context = { getRemainingTimeInMillis: () => 60_000 };

/** What makes each function call AWS, and whom it calls, in that order. */
const CALLS: Readonly<
  Record<FunctionName, { readonly event: unknown; readonly services: readonly Service[] }>
> = {
  authorizer: { event: {}, services: [] },
  'presign-upload': {
    event: apiEvent({ filename: 'a.txt' }, { routeKey: 'POST /nexus/raw/presign-upload' }),
    services: ['sts', 'dynamodb'],
  },
  register: {
    event: apiEvent({ asset_id }, { routeKey: 'POST /nexus/raw/register' }),
    services: ['sts', 'dynamodb', 's3'],
  },
  assets: {
    event: apiEvent(undefined, { routeKey: 'GET /nexus/raw/{asset_id}', pathParameters: { asset_id } }),
    services: ['sts', 'dynamodb'],
  },
  'publish-events': { event: stream, services: ['eventbridge', 'sqs'] },
  settle: { event: arrivals, services: ['sts', 'dynamodb', 's3'] },
};

/** The base class of each service's errors, and a call by the SDK as it is installed. */
const SDK: Readonly<Record<Service, { exports: object; base: ErrorClass; call: () => Promise<unknown> }>> = {
  dynamodb: {
    exports: dynamodb,
    base: dynamodb.DynamoDBServiceException,
    call: () => new dynamodb.DynamoDB().getItem({ TableName: 'table', Key: { pk: { S: 'a' } } }),
  },
  eventbridge: {
    exports: eventbridge,
    base: eventbridge.EventBridgeServiceException,
    call: () => new eventbridge.EventBridge().putEvents({ Entries: [] }),
  },
  s3: {
    exports: s3,
    base: s3.S3ServiceException,
    call: () => new s3.S3().getObject({ Bucket: 'bucket', Key: 'a' }),
  },
  sqs: {
    exports: sqs,
    base: sqs.SQSServiceException,
    call: () => new sqs.SQS().sendMessage({ QueueUrl: `${aws.url}/queue`, MessageBody: 'a' }),
  },
  sts: {
    exports: sts,
    base: sts.STSServiceException,
    call: () =>
      new sts.STS().assumeRole({ RoleArn: 'arn:aws:iam::000000000000:role/a', RoleSessionName: 'a' }),
  },
};

let aws: Awaited<ReturnType<typeof startRefusingAws>>;

beforeAll(async () => {
  aws = await startRefusingAws({
    json: {
      dynamodb: { Item },
      // An event that can never be published goes to the queue.
      eventbridge: { FailedEntryCount: 1, Entries: [{ ErrorCode: 'MalformedDetail' }] },
    },
    // No checksum: register reads the object then, and GET is what S3 refuses with a code.
    head: {
      'content-type': 'text/plain',
      'content-length': '3',
      'x-amz-version-id': 'v1',
      'x-amz-meta-upload': record.upload,
    },
  });
  const settings = {
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'key',
    AWS_MAX_ATTEMPTS: '1',
    RAW_BUCKET: 'raw-bucket',
    BUCKET_OWNER: '000000000000',
    TENANT_ROLE_ARN: 'arn:aws:iam::000000000000:role/tenant',
    PURGE_ROLE_ARN: 'arn:aws:iam::000000000000:role/purge',
    ASSET_TABLE: 'table',
    EVENT_BUS: 'bus',
    POISON_QUEUE_URL: `${aws.url}/queue`,
    MAX_UPLOAD_BYTES: '1000',
    MAX_HASH_BYTES: '1000',
    UPLOAD_EXPIRY_SECONDS: '900',
    DELETE_RETENTION_DAYS: '30',
    JWT_ISSUER: 'https://issuer.example',
    JWT_AUDIENCE: 'nexus',
    TENANT_CLAIM: 'tenant_id',
    SCOPE_CLAIM: 'scope scp',
    DEFAULT_ENV: 'dev',
  };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
});
beforeEach(() => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue();
  // The metrics' lines.
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await aws.close();
});

function errorClasses(service: Service): [name: string, ErrorClass][] {
  const { exports, base } = SDK[service];
  return Object.entries(exports).filter(([, value]) => value?.prototype instanceof base);
}

/** The error of that name that is thrown while `run` runs. */
async function thrown(name: string, run: () => Promise<unknown>): Promise<Error> {
  const errors = await rejectionsDuring(() => run().catch(() => {}));
  const found = errors.find((error) => error.name === name);
  if (found === undefined)
    throw new Error(`No ${name} was thrown, but ${errors.map(String).join(', ') || 'nothing'}`);
  return found;
}

/** From the error's own class up to Error. */
function ancestry(error: Error): unknown[] {
  const classes: unknown[] = [];
  let type: unknown = error.constructor;
  for (; type !== Error; type = Object.getPrototypeOf(type)) classes.push(type);
  return classes;
}

/**
 * The files that deploy, loaded as Lambda loads them: a refusal of AWS must be the error there that it is in the SDK,
 * with its name and a class of its own, since `instanceof` is how code tells one from another.
 */
describe.each(FUNCTION_NAMES)('%s as built', (name) => {
  const { event, services } = CALLS[name];
  const load = (): Handler => createRequire(import.meta.url)(join(bundle(name), 'index.js')).handler;

  test('loads as CommonJS, with its handler', () => {
    expect(load()).toBeInstanceOf(Function);
  });

  for (const service of services) {
    test(`throws ${service}’s errors with the SDK’s names, each of a class of its own`, async () => {
      const handler = load();
      const { base, call } = SDK[service];
      aws.refuse(service, 'Unheard');
      const unknown = await thrown('Unheard', () => handler(event, context));
      expect((await thrown('Unheard', call)).constructor).toBe(base);

      const classes = errorClasses(service);
      const bundled = new Set<unknown>();
      for (const [code, expected] of classes) {
        aws.refuse(service, code);
        const original = await thrown(code, call);
        expect(original).toBeInstanceOf(expected);
        const error = await thrown(code, () => handler(event, context));
        const [own, ...above] = ancestry(error);
        // An unheard error is of the service's base class, and this one of a class that extends it.
        expect({ code, above }).toEqual({ code, above: ancestry(unknown) });
        expect({ code, depth: above.length + 1 }).toEqual({ code, depth: ancestry(original).length });
        bundled.add(own);
      }
      expect(bundled.size).toBeGreaterThan(0);
      expect(bundled.size).toBe(classes.length);
    });
  }
});
