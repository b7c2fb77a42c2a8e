import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { DatasetEvent } from '#contract/events';
import type { PresignResponse } from '#contract/uploads';
import { buildFunctions } from '../lib/bundler.ts';
import { type Cloud, startCloud } from '../local/cloud.ts';
import { loadSubscriber } from '../local/dev/subscribers.ts';
import { ApiClient } from './api-client.ts';

/**
 * How soon the example's subscriber is told on this machine, as a script: from register's answer to the delivery at the
 * function, and to the function's line, which it logs when it has read the file and kept the result. Client, service and
 * subscriber share the machine; one asset comes after the other, as fast as they go.
 */
const { values } = parseArgs({ options: { assets: { type: 'string', default: '1000' } } });
const ASSETS = Number(values.assets);
const FUNCTION = 'count-lines';
const FILE = 'one line\n'.repeat(100);

/** The moment of each step, by asset, in milliseconds. */
const answered = new Map<string, number>();
const delivered = new Map<string, number>();
const counted = new Map<string, number>();

function quantile(values: readonly number[], q: number): string {
  return ([...values].sort((a, b) => a - b)[Math.ceil(q * values.length) - 1] ?? Number.NaN).toFixed(1);
}

function describe(moments: ReadonlyMap<string, number>): Record<string, string | number> {
  const latencies = [...moments].map(([asset, at]) => at - (answered.get(asset) ?? Number.NaN));
  return {
    assets: latencies.length,
    'p50 ms': quantile(latencies, 0.5),
    'p99 ms': quantile(latencies, 0.99),
    'max ms': quantile(latencies, 1),
  };
}

/** Notes when each event is handed to the function. */
function watch({ functions }: Cloud): void {
  const invoke = functions.invoke.bind(functions);
  functions.invoke = (name, payload) => {
    if (name === FUNCTION) note(delivered, (payload as { detail: DatasetEvent }).detail.asset_id);
    return invoke(name, payload);
  };
}

/** The first time is what counts: a delivery may be repeated. */
function note(moments: Map<string, number>, asset: string): void {
  if (!moments.has(asset)) moments.set(asset, performance.now());
}

async function upload(client: ApiClient): Promise<void> {
  const presigned = await client.presign({ filename: 'lines.csv' });
  if (presigned.status !== 200) throw new Error(`presign: ${JSON.stringify(presigned)}`);
  const form = presigned.body as unknown as PresignResponse;
  await client.upload(form, FILE);
  const { status } = await client.register({ asset_id: form.asset_id });
  if (status !== 200) throw new Error(`register: ${status}`);
  answered.set(form.asset_id, performance.now());
}

await buildFunctions();
const cloud = await startCloud({
  subscribers: [await loadSubscriber('examples/subscriber/handler.ts')],
  // Nothing here is about throttling.
  settings: { throttle: { rateLimit: 10_000, burstLimit: 5_000 } },
  log(line) {
    const { function: name, message } = JSON.parse(line);
    if (name === FUNCTION && message?.asset_id !== undefined) note(counted, message.asset_id);
  },
});
try {
  watch(cloud);
  const token = await cloud.issuer.issue({ tenant_id: 't_demo', scope: 'raw:read raw:write' });
  const client = new ApiClient(cloud, token);
  for (let asset = 0; asset < ASSETS; asset++) await upload(client);
  for (let ms = 0; counted.size < ASSETS && ms < 30_000; ms += 100) await sleep(100);
  console.table({ "to the function's start": describe(delivered), 'to its line': describe(counted) });
  if (counted.size < ASSETS) process.exitCode = 1;
} finally {
  await cloud.close();
}
