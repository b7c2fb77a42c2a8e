import { defineConfig } from 'vitest/config';

/**
 * Tests that need a worker of their own. Handlers read their environment once, when they are loaded, and a module must be
 * mocked before that. Tests that start programs gain nothing from modules that other tests have loaded.
 */
const ISOLATED_TESTS = [
  'test/lambdas/*.test.ts',
  'test/local/{disk/journal,main}.test.ts',
  'test/e2e/fault-run.test.ts',
  'test/{bin,scripts}/*.test.ts',
  // The other project excludes files by itself, and `--exclude` on the command line has no effect there.
  'test/{apps,openapi-client,package}.test.ts',
  'test/client/{faults,upload-all}.test.ts',
  'test/cli/nexus.test.ts',
];

export default defineConfig({
  test: {
    globalSetup: ['test/support/temporary-folder.ts', 'test/support/build-functions.ts'],
    setupFiles: 'test/support/temporary-setup.ts',
    // Many tests wait for timers and programs, so two cores run more than two workers.
    maxWorkers: '150%',
    projects: [
      { extends: true, test: { name: 'isolated', include: ISOLATED_TESTS } },
      // These share modules: loading the CDK and the SDK takes longer than most tests.
      {
        extends: true,
        test: {
          name: 'shared',
          isolate: false,
          include: ['test/**/*.test.ts'],
          // Those in test/browser, test/model and test/scale have a config of their own.
          exclude: [...ISOLATED_TESTS, 'test/{browser,model,scale}/**'],
        },
      },
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['contract/**/*.ts', 'lambdas/**/*.ts', 'lib/**/*.ts'],
      reporter: ['text-summary', 'text'],
      thresholds: { lines: 95 },
    },
  },
});
