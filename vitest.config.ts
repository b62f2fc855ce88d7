import { defineConfig } from 'vitest/config';

/** Tests import `dist/`, what ships; `npm test` builds first. Real threads and processes need room, so files run two at a time. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    pool: 'forks',
    reporters: ['default'],
  },
});
