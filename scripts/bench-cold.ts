import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { bundle } from '../lib/bundle.ts';
import { FUNCTION_NAMES, type FunctionName } from '../lib/function-names.ts';

/**
 * What a cold start costs, as a script: the process CPU (user + system) of importing each bundle in a fresh process, next to
 * that of an empty handler, and each bundle's size as a zip. With `--check` it exits with 1 over the limits.
 */
const RUNS = 15;
/** 1 KB is 1000 bytes. */
const MAX_ZIP_KB: Readonly<Record<FunctionName, number>> = {
  authorizer: 12,
  'presign-upload': 130,
  register: 130,
  assets: 130,
  'publish-events': 130,
};
const MAX_RATIO: Readonly<Partial<Record<FunctionName, number>>> = { 'presign-upload': 2.2 };

/** Settings that the bundles read at start; nothing is called with them. */
const SETTINGS = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'key',
  AWS_SESSION_TOKEN: 'token',
  RAW_BUCKET: 'bucket',
  BUCKET_OWNER: '000000000000',
  TENANT_ROLE_ARN: 'arn:aws:iam::000000000000:role/tenant',
  ASSET_TABLE: 'table',
  EVENT_BUS: 'bus',
  POISON_QUEUE_URL: 'https://queue.example/poison',
  MAX_UPLOAD_BYTES: '1',
  MAX_HASH_BYTES: '1',
  UPLOAD_EXPIRY_SECONDS: '900',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'nexus',
  TENANT_CLAIM: 'tenant_id',
  DEFAULT_ENV: 'dev',
};

const PROBE = `
  require(process.argv[1]);
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  process.stdout.write(String((userCPUTime + systemCPUTime) / 1000));
`;

/** Milliseconds of CPU that a fresh process has used once `file` is imported. */
function importCost(file: string): number {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', PROBE, file], {
    env: SETTINGS,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${file} does not load: ${stderr}`);
  return Number(stdout);
}

/** A zip of one file: its deflated bytes, and 30 + 46 bytes of headers, its name in both, and 22 bytes of trailer. */
function zippedSize(file: string): number {
  return deflateRawSync(readFileSync(file), { level: 9 }).length + 98 + 2 * 'index.js'.length;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

// Copied away from this package's package.json, which would make ES modules of them: on Lambda there is none.
const directory = mkdtempSync(join(tmpdir(), 'bench-cold-'));
const EMPTY = 'empty handler';
const files = new Map(
  [EMPTY, ...FUNCTION_NAMES].map((name) => [name, join(directory, `${name}.js`)] as const),
);
writeFileSync(join(directory, `${EMPTY}.js`), 'exports.handler=async()=>({})');
for (const name of FUNCTION_NAMES)
  copyFileSync(join(bundle(name), 'index.js'), join(directory, `${name}.js`));

/** One line for each limit that a measurement is over. */
function measure(): string[] {
  const costs = new Map([...files.keys()].map((name) => [name, [] as number[]]));
  for (let run = 0; run < RUNS; run++) {
    for (const [name, file] of shuffled([...files])) costs.get(name)?.push(importCost(file));
  }
  const base = costs.get(EMPTY) ?? [];
  const over: string[] = [];
  const table = [...files].map(([name, file]) => {
    const cpu = costs.get(name) ?? [];
    const zip = zippedSize(file);
    // Within one round the machine is the same: it is not from the first round to the last.
    const ratio = median(cpu.map((cost, round) => cost / (base[round] as number)));
    const maxRatio = MAX_RATIO[name as FunctionName] ?? Number.POSITIVE_INFINITY;
    const maxZip = (MAX_ZIP_KB[name as FunctionName] ?? 1) * 1000;
    if (ratio > maxRatio)
      over.push(`${name} costs ${ratio.toFixed(2)} times the empty handler, over ${maxRatio}`);
    if (zip > maxZip) over.push(`${name} is ${zip} bytes zipped, over ${maxZip}`);
    return { function: name, 'CPU ms': median(cpu).toFixed(1), ratio: ratio.toFixed(2), 'zip bytes': zip };
  });
  console.table(table);
  return over;
}

const checking = process.argv.includes('--check');
let over = measure();
// What else the machine does costs the larger process more: only what is over the limit each time is.
for (let again = 0; checking && over.length > 0 && again < 2; again++) over = measure();
rmSync(directory, { recursive: true });

for (const line of over) console.error(line);
if (checking && over.length > 0) process.exitCode = 1;
