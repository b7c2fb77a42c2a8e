import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, test } from 'vitest';
import { routeKey } from '#contract/route';
import { ROUTES } from '#contract/routes';
import { temporaryDirectory } from './support/temporary.ts';

const execute = promisify(execFile);
const ROOT = new URL('..', import.meta.url).pathname;

/** A CDK app of somebody else's, which installs the package as it is packed. */
const app = temporaryDirectory();

/** npm keeps a cache of compiled code in the temporary folder. */
const TMPDIR = temporaryDirectory();

const run = (file: string, args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) =>
  execute(file, args, { ...options, env: { ...process.env, TMPDIR, ...options.env } });

const APP = `
  import { App, Stack } from 'aws-cdk-lib';
  import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
  import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
  import { Queue } from 'aws-cdk-lib/aws-sqs';
  import { RawStorage } from 'nexus-raw-storage';

  const stack = new Stack(new App(), 'Theirs');
  const storage = new RawStorage(stack, 'Files', {
    issuer: 'https://issuer.example',
    audience: 'nexus',
    httpApi: new HttpApi(stack, 'HttpApi'),
  });
  const target = new SqsQueue(new Queue(stack, 'Images'));
  storage.bus.onRawAssetRegistered('OnImage', { target, contentTypes: ['image/*'] });
`;

/** Compiles only where the package's types are found, and are not `any`. */
const MISTAKES = `
  import { RawStorage, type RawStorageProps } from 'nexus-raw-storage';

  // @ts-expect-error
  export const props: RawStorageProps = { issuer: 1, audience: 'nexus' };
  // @ts-expect-error
  export const onLost = (storage: RawStorage) => storage.bus.onRawAssetLost;
`;

const CLIENT = `
  import { createClient, NexusError, type RegisteredAsset } from 'nexus-raw-storage/client';

  const client = createClient({ baseUrl: 'http://127.0.0.1:9', token: async () => 'token' });
  export const upload = (file: Blob): Promise<RegisteredAsset> =>
    client.upload(file, { filename: 'a', onProgress: ({ fraction }) => console.log(fraction.toFixed()) });
  export async function all(files: readonly { file: Blob; filename: string; note: number }[]): Promise<void> {
    for await (const outcome of client.uploadAll(files, { resume: true })) {
      console.log(outcome.item.note);
      if ('error' in outcome) console.log(outcome.error.code, outcome.error.retryable);
      else console.log(outcome.asset.sha256, outcome.sent);
    }
  }
  // @ts-expect-error there is no such status
  export const listed = () => client.list({ status: 'gone' });
  // @ts-expect-error a path is no file: Node.js opens it by openAsBlob
  export const byPath = () => client.upload('a.txt');
  // @ts-expect-error a client needs a token
  export const open = () => createClient({ baseUrl: 'http://127.0.0.1:9' });
  console.log(new NexusError('network_error', 'x') instanceof Error);
`;

const SUBSCRIBER = `
  import { EVENT_SOURCE, parseDatasetEvent, type DatasetEvent } from 'nexus-raw-storage/events';

  const detail: unknown = JSON.parse(process.argv[2] ?? '');
  const event: DatasetEvent = parseDatasetEvent(detail);
  if (event.event_type === 'raw_asset_registered')
    console.log(EVENT_SOURCE, event.event_type, event.asset.filename);
  // @ts-expect-error an erased asset has no name
  export const name = event.asset.filename;
`;

/** Takes seconds, and is `cdk synth`'s to do. */
const QUICK = { CDK_VALIDATION: 'false' };

const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
  },
};

beforeAll(async () => {
  await run('node', ['scripts/build-package.ts'], { cwd: ROOT });
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', app, './dist'], { cwd: ROOT });
  const [{ filename }] = JSON.parse(stdout);
  writeFileSync(join(app, 'package.json'), '{"type":"module"}');
  const options = ['--prefer-offline', '--legacy-peer-deps', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, `./${filename}`], { cwd: app });
  writeFileSync(join(app, 'app.ts'), APP);
  writeFileSync(join(app, 'subscriber.ts'), SUBSCRIBER);
  writeFileSync(join(app, 'mistakes.ts'), MISTAKES);
  writeFileSync(join(app, 'client.ts'), CLIENT);
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(TSCONFIG));
});

test('its events need no AWS package', async () => {
  const example = JSON.parse(
    readFileSync(join(ROOT, 'docs/events/1.0/raw_asset_registered.example.json'), 'utf8'),
  );
  const { stdout } = await run('node', ['subscriber.ts', JSON.stringify(example.detail)], { cwd: app });
  expect(stdout.trim()).toBe(`nexus.raw-storage raw_asset_registered ${example.detail.asset.filename}`);
});

test('its constructs synthesize in an app that has the CDK, with routes, authorizer and functions', async () => {
  for (const name of ['aws-cdk-lib', 'constructs'])
    symlinkSync(join(ROOT, 'node_modules', name), join(app, 'node_modules', name));
  await run('node', ['app.ts'], {
    cwd: app,
    env: { CDK_OUTDIR: join(app, 'out'), ...QUICK },
  });
  const template = Template.fromJSON(JSON.parse(readFileSync(join(app, 'out/Theirs.template.json'), 'utf8')));

  template.resourceCountIs('AWS::ApiGatewayV2::Api', 1);
  template.resourceCountIs('AWS::ApiGatewayV2::Authorizer', 1);
  const [authorizer] = Object.keys(template.findResources('AWS::ApiGatewayV2::Authorizer'));
  const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));
  const keys = Object.values(ROUTES).map(routeKey);
  expect(routes.map(({ Properties }) => Properties.RouteKey).sort()).toEqual(keys.sort());
  for (const { Properties } of routes) expect(Properties.AuthorizerId).toEqual({ Ref: authorizer });
  template.resourceCountIs('AWS::Lambda::Function', 6);
  const assets = readdirSync(join(app, 'out')).filter((name) => name.startsWith('asset.'));
  expect(assets).toHaveLength(6);
  for (const asset of assets) expect(readdirSync(join(app, 'out', asset))).toEqual(['index.js']);
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['nexus.raw-storage'],
      'detail-type': ['raw_asset_registered'],
      detail: { asset: { content_type: [{ prefix: { 'equals-ignore-case': 'image/' } }] } },
    },
  });
});

test('its types are right for who compiles against them', async () => {
  const { stdout } = await run('tsc', ['--project', '.'], { cwd: app }).catch((error) => error);
  expect(stdout).toBe('');
});

test('its client and its command line need no other package', async () => {
  const { stdout } = await run('node', ['client.ts'], { cwd: app });
  expect(stdout.trim()).toBe('true');
  const print =
    'import("nexus-raw-storage/uppy").then(({ nexusUploads }) => console.log(typeof nexusUploads))';
  expect((await run('node', ['-e', print], { cwd: app })).stdout.trim()).toBe('function');
  const help = await run('npx', ['nexus', '--help'], { cwd: app });
  expect(help.stdout).toContain('nexus push PATH…');
});

test('loads in CommonJS too', async () => {
  const print =
    'console.log(typeof require("nexus-raw-storage").RawStorage, typeof require("nexus-raw-storage/client").createClient)';
  const { stdout } = await run('node', ['--input-type=commonjs', '-e', print], { cwd: app });
  expect(stdout.trim()).toBe('function function');
});
