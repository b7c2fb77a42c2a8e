import { defineConfig } from 'vitest/config';

/**
 * Tests of what is loaded once and for all: handlers read their environment then, and mocks come before. And tests of
 * programs, which load all they need by themselves.
 */
const ISOLATED_TESTS = [
  'test/lambdas/*.test.ts',
  'test/local/{disk/journal,main}.test.ts',
  'test/e2e/fault-run.test.ts',
  'test/{bin,scripts}/*.test.ts',
  // The other project excludes files by itself, and `--exclude` on the command line has no effect there.
  'test/package.test.ts',
];

export default defineConfig({
  test: {
    globalSetup: 'test/support/temporary-folder.ts',
    setupFiles: 'test/support/temporary-setup.ts',
    // Many a test waits for timers and programs.
    maxWorkers: '150%',
    projects: [
      { extends: true, test: { name: 'isolated', include: ISOLATED_TESTS } },
      // Loading the CDK and the SDK takes longer than most tests.
      {
        extends: true,
        test: { name: 'shared', isolate: false, include: ['test/**/*.test.ts'], exclude: ISOLATED_TESTS },
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
