import { defineConfig } from 'vitest/config';

/** The model-based test of `npm run test:model`, which takes longer than `npm test` may. */
export default defineConfig({
  test: {
    include: ['test/model/**/*.test.ts'],
    globalSetup: ['test/support/temporary-folder.ts', 'test/support/build-functions.ts'],
    setupFiles: 'test/support/temporary-setup.ts',
    hookTimeout: 60_000,
  },
});
