import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{services,harness,loadtests,dashboards,test,bench}/**/*.test.ts'],
    globalSetup: ['test/provide.ts', 'test/leaks.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
