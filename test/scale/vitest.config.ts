import { defineConfig } from 'vitest/config';

/** The tests of `npm run test:scale`, at sizes that take longer than `npm test` may. */
export default defineConfig({
  test: {
    include: ['test/scale/**/*.test.ts'],
    globalSetup: ['test/support/temporary-folder.ts', 'test/support/build-functions.ts'],
    setupFiles: 'test/support/temporary-setup.ts',
    testTimeout: 15 * 60_000,
    hookTimeout: 15 * 60_000,
  },
});
