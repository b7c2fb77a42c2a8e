import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from './support/temporary.ts';

/** Apps of other people, as their tools make them, with the packed package installed from npm's registry. */
const execute = promisify(execFile);
const ROOT = new URL('..', import.meta.url).pathname;
const TMPDIR = temporaryDirectory();
const MINUTES = 60_000;

const run = (cwd: string, file: string, ...args: readonly string[]) =>
  execute(file, args, {
    cwd,
    env: { ...process.env, TMPDIR, CDK_VALIDATION: 'false' },
    maxBuffer: 1e8,
  }).catch(({ stdout, stderr }) =>
    Promise.reject(new Error(`${file} ${args.join(' ')}\n${stdout}\n${stderr}`)),
  );

const install = (cwd: string, ...packages: readonly string[]) =>
  run(cwd, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...packages);

function write(directory: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

const parent = temporaryDirectory();
const newDirectory = (name: string) => {
  mkdirSync(join(parent, name));
  return join(parent, name);
};

/** What the package's README says to write into a stack. */
const IMPORT = "import { RawStorage } from 'nexus-raw-storage';";
const USE = "new RawStorage(this, 'Files', { issuer: 'https://issuer.example', audience: 'nexus' });";

const STACK = `
  import { App, Stack } from 'aws-cdk-lib';
  import { Template } from 'aws-cdk-lib/assertions';
  import { RawStorage, RawStorageProps } from 'nexus-raw-storage';
  import { parseDatasetEvent, DatasetEventError } from 'nexus-raw-storage/events';

  const props: RawStorageProps = { issuer: 'https://issuer.example', audience: 'nexus' };
  const stack = new Stack(new App(), 'Theirs');
  const { bus } = new RawStorage(stack, 'Files', props);
  const resources = Object.keys(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
  let refused = false;
  try {
    parseDatasetEvent({});
  } catch (error) {
    refused = error instanceof DatasetEventError;
  }
  // @ts-expect-error
  export const wrong: RawStorageProps = { issuer: 1, audience: 'nexus' };
  console.log(resources.length, typeof bus.eventBusName, refused);
`;

let tarball: string;
beforeAll(async () => {
  const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  await run(ROOT, 'node', 'scripts/build-package.ts');
  await run(ROOT, 'npm', 'pack', '--pack-destination', parent, './dist');
  tarball = join(parent, `${name}-${version}.tgz`);
}, 2 * MINUTES);

describe('an app as cdk init makes it (amplify-backend#343, guardian/cdk#369)', () => {
  let app: string;
  beforeAll(async () => {
    app = newDirectory('theirs');
    await run(
      app,
      join(ROOT, 'node_modules/.bin/cdk'),
      'init',
      'app',
      '--language',
      'typescript',
      '--generate-only',
    );
    const path = join(app, 'lib/theirs-stack.ts');
    const generated = readFileSync(path, 'utf8');
    const code = generated
      .replace("import { Construct } from 'constructs';", `$&\n${IMPORT}`)
      .replace('// The code that defines your stack goes here', `$&\n    ${USE}`);
    expect(code.match(/RawStorage/g)).toHaveLength(2);
    writeFileSync(path, code);
    write(join(app, 'test'), {
      'files.test.ts': `
        import { App } from 'aws-cdk-lib';
        import { Template } from 'aws-cdk-lib/assertions';
        import { TheirsStack } from '../lib/theirs-stack';

        test('has the functions', () => {
          Template.fromStack(new TheirsStack(new App(), 'Test')).resourceCountIs('AWS::Lambda::Function', 6);
        });
      `,
    });
    await install(app, tarball);
  }, 5 * MINUTES);

  test('npm run build', async () => {
    await run(app, 'npm', 'run', 'build');
  });

  test('npx cdk synth', async () => {
    const { stdout } = await run(app, 'npx', 'cdk', 'synth');
    expect(stdout).toContain('nodejs24.x');
  });

  test('npm test', async () => {
    const { stderr } = await run(app, 'npm', 'test');
    expect(stderr).toMatch(/Tests: +2 passed/);
  });
});

test(
  'an older app: TypeScript 5, module commonjs, moduleResolution node',
  async () => {
    const app = write(newDirectory('older'), {
      'package.json': '{"private":true}',
      'app.ts': STACK,
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          target: 'es2020',
          module: 'commonjs',
          moduleResolution: 'node',
          strict: true,
          types: ['node'],
        },
      }),
    });
    await install(
      app,
      tarball,
      'aws-cdk-lib@2.276.0',
      'constructs@10.8.1',
      'typescript@5.4.5',
      '@types/node@20.19.0',
    );
    await run(app, 'node_modules/.bin/tsc');
    expect((await run(app, 'node', 'app.js')).stdout.trim()).toBe('6 string true');
  },
  5 * MINUTES,
);

test(
  'an app that esbuild has bundled',
  async () => {
    const app = write(newDirectory('bundled'), { 'package.json': '{"private":true}', 'app.ts': STACK });
    await install(app, tarball, 'aws-cdk-lib@2.276.0', 'constructs@10.8.1');
    await build({
      absWorkingDir: app,
      entryPoints: ['app.ts'],
      outfile: 'out/app.js',
      bundle: true,
      platform: 'node',
      external: ['aws-cdk-lib', 'constructs'],
      logLevel: 'silent',
    });
    expect((await run(app, 'node', 'out/app.js')).stdout.trim()).toBe('6 string true');
  },
  5 * MINUTES,
);
