import { defineConfig } from 'vitest/config';

/** Tests of the synthesized stack change nothing outside of themselves, so they may share what is slow to load. */
const STACK_TESTS = ['test/lib/**/*.test.ts', 'test/policies/**/*.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: '100%',
    projects: [
      { extends: true, test: { name: 'stack', include: STACK_TESTS, isolate: false } },
      { extends: true, test: { name: 'service', include: ['test/**/*.test.ts'], exclude: STACK_TESTS } },
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['lambdas/**/*.ts', 'lib/**/*.ts'],
      reporter: ['text-summary', 'text'],
      thresholds: { lines: 95 },
    },
  },
});
