import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { bundle } from '../lib/bundle.ts';
import { buildFunctions, compile, STAND_INS } from '../lib/bundler.ts';
import { FUNCTION_NAMES, type FunctionName } from '../lib/function-names.ts';

/**
 * Measures what a cold start costs: each bundle's size as a zip, and the process CPU (user + system) of importing it in
 * a fresh process, next to that of an empty handler. Also what each stand-in of `lib/bundler.ts` saves: the same for the
 * largest bundle with the SDK's own module in its place. With `--check` it exits with 1 where a size is over its limit, or
 * a stand-in saves less than it must. CPU depends on the machine and its load, so it is printed and never checked.
 */
const RUNS = 15;
/** Bytes; 1 KB is 1000 bytes. */
const MAX_ZIP: Readonly<Partial<Record<FunctionName, number>>> = { authorizer: 12_000 };
const MAX_ZIP_DEFAULT = 110_000;
/** Bytes of the zip. */
const MIN_SAVING = 2_000;

/** Settings that the bundles read at start; nothing is called with them. */
const SETTINGS = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'key',
  AWS_SESSION_TOKEN: 'token',
  RAW_BUCKET: 'bucket',
  BUCKET_OWNER: '000000000000',
  TENANT_ROLE_ARN: 'arn:aws:iam::000000000000:role/tenant',
  PURGE_ROLE_ARN: 'arn:aws:iam::000000000000:role/purge',
  ASSET_TABLE: 'table',
  EVENT_BUS: 'bus',
  POISON_QUEUE_URL: 'https://queue.example/poison',
  MAX_UPLOAD_BYTES: '1',
  MAX_HASH_BYTES: '1',
  UPLOAD_EXPIRY_SECONDS: '900',
  DELETE_RETENTION_DAYS: '30',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'nexus',
  TENANT_CLAIM: 'tenant_id',
  SCOPE_CLAIM: 'scope scp',
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

await buildFunctions();
// Away from this package's package.json, which would make ES modules of the files: on Lambda there is none.
const directory = mkdtempSync(join(tmpdir(), 'bench-cold-'));
const files = new Map<string, string>();
function add(label: string, code: string | Buffer): string {
  const file = join(directory, `${files.size}.js`);
  writeFileSync(file, code);
  files.set(label, file);
  return file;
}

const problems: string[] = [];
const empty = add('empty handler', 'exports.handler=async()=>({})');
const sizes = FUNCTION_NAMES.map((name) => {
  const size = zippedSize(add(name, readFileSync(join(bundle(name), 'index.js'))));
  const limit = MAX_ZIP[name] ?? MAX_ZIP_DEFAULT;
  if (size > limit) problems.push(`${name} is ${size} bytes zipped, over ${limit}`);
  return { name, size };
});
const [largest] = sizes.sort((a, b) => b.size - a.size);
if (largest === undefined) throw new Error('There are no functions');
for (const module of Object.keys(STAND_INS)) {
  const { [module]: _, ...others } = STAND_INS;
  const { code } = await compile(largest.name, [], others);
  const saved = zippedSize(add(`${largest.name} with ${module}`, code)) - largest.size;
  if (saved < MIN_SAVING)
    problems.push(`The stand-in for ${module} saves ${saved} bytes, under ${MIN_SAVING}`);
}

const costs = new Map([...files.values()].map((file) => [file, [] as number[]]));
for (let run = 0; run < RUNS; run++) {
  for (const file of shuffled([...files.values()])) costs.get(file)?.push(importCost(file));
}
const base = costs.get(empty) ?? [];
console.table(
  [...files].map(([label, file]) => {
    const cpu = costs.get(file) ?? [];
    // Within one round the machine is the same: it is not from the first round to the last.
    const ratio = median(cpu.map((cost, round) => cost / (base[round] as number)));
    const row = { 'CPU ms': median(cpu).toFixed(1), ratio: ratio.toFixed(2), 'zip bytes': zippedSize(file) };
    return { bundle: label, ...row };
  }),
);
rmSync(directory, { recursive: true });

for (const line of problems) console.error(line);
if (process.argv.includes('--check') && problems.length > 0) process.exitCode = 1;
