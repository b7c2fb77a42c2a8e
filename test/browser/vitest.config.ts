import { defineConfig } from 'vitest/config';

/** The tests of `npm run test:browser`: they need Chromium, which `npm test` does without. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: [
      'test/browser/support/require-chromium.ts',
      'test/support/temporary-folder.ts',
      'test/support/build-functions.ts',
    ],
    setupFiles: 'test/support/temporary-setup.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
