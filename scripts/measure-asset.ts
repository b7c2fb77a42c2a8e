import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type NativeAttributeValue, unmarshall } from '@aws-sdk/util-dynamodb';
import type { PresignResponse } from '#contract/uploads';
import { METRIC, putMetric } from '#core/metrics';
import { buildFunctions } from '../lib/bundler.ts';
import { startCloud } from '../local/cloud.ts';
import { ApiClient, sha256 } from './api-client.ts';

/**
 * Measures the bytes that one asset takes, for the README's table of costs: its item in the table, its events, and the lines
 * that the functions log. Lines that Lambda and the gateway log by themselves do not appear on this machine.
 */
const ASSETS = 100;
const FILE = 'one line\n'.repeat(100);
/** `"timestamp":"2026-01-31T12:00:00.000Z",`, which the Lambda runtime puts into each line. */
const TIMESTAMP_BYTES = 39;

const bytesOf = (text: string) => Buffer.byteLength(text);

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
function itemBytes(item: Record<string, NativeAttributeValue>): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + bytesOf(name) + valueBytes(value), 0);
}

/** The service's items hold texts and numbers alone. */
function valueBytes(value: NativeAttributeValue): number {
  return typeof value === 'number' ? Math.ceil(String(value).length / 2) + 1 : bytesOf(String(value));
}

/** A metric's line, which goes past the log of this machine. */
function metricBytes(name: Parameters<typeof putMetric>[0]): number {
  const write = process.stdout.write;
  let bytes = 0;
  process.stdout.write = ((line: string) => {
    bytes += bytesOf(line);
    return true;
  }) as typeof write;
  putMetric(name, 'Count', [1]);
  process.stdout.write = write;
  // The name that CloudFormation gives a function is longer than "unknown".
  return (
    bytes + bytesOf('NexusRawStorage-dev-PublisherPublishEvents1A2B3C4D-XXXXXXXXXXXX') - bytesOf('unknown')
  );
}

await buildFunctions();
let logged = 0;
const cloud = await startCloud({
  log(text) {
    const { function: _, ...line } = JSON.parse(text);
    logged += bytesOf(JSON.stringify(line)) + TIMESTAMP_BYTES;
  },
});
const dynamodb = new DynamoDBClient({
  endpoint: cloud.awsUrl,
  region: cloud.region,
  credentials: cloud.iam.administrator,
});
try {
  const token = await cloud.issuer.issue({ tenant_id: 't_demo', scope: 'raw:read raw:write' });
  const client = new ApiClient(cloud, token);
  const item = async (id: string) => {
    const Key = { pk: { S: `t_demo#dev#${id}` } };
    const get = new GetItemCommand({ TableName: cloud.names.table, Key, ConsistentRead: true });
    return itemBytes(unmarshall((await dynamodb.send(get)).Item ?? {}));
  };
  const sizes = { presigned: 0, registered: 0 };
  for (let asset = 0; asset < ASSETS; asset++) {
    const answer = await client.presign({
      filename: 'measurements of January.csv',
      size_bytes: FILE.length,
      sha256: sha256(FILE),
    });
    const form = answer.body as unknown as PresignResponse;
    sizes.presigned = await item(form.asset_id);
    await client.upload(form, FILE);
    const { status } = await client.register({ asset_id: form.asset_id });
    if (status !== 200) throw new Error(`register: ${status}`);
    sizes.registered = await item(form.asset_id);
  }
  for (let ms = 0; cloud.bus.events().length < 2 * ASSETS && ms < 10_000; ms += 100)
    await new Promise((resolve) => setTimeout(resolve, 100));
  const events = cloud.bus.events().reduce((sum, event) => sum + bytesOf(JSON.stringify(event)), 0);
  console.table({
    'item, presigned': sizes.presigned,
    'item, registered': sizes.registered,
    'its two events': Math.round(events / ASSETS),
    'lines of the functions': Math.round(logged / ASSETS),
    'lines of their metrics': 2 * metricBytes(METRIC.tenantSessionHit) + 2 * metricBytes(METRIC.eventAge),
  });
} finally {
  dynamodb.destroy();
  await cloud.close();
}
