import { defineConfig } from 'vitest/config'

/**
 * One project a lane (docs/ARCHITECTURE.md, "How it is proven"). Lanes with real parts run their files one after the other: two cores, shared names of
 * hosts. Those of the integration lane wait more than they compute, and meet on nothing but the Temporal server: two at a time.
 */
const lane = (name: string, include: string[], more: object = {}) => ({ test: { name, include, pool: 'forks' as const, ...more } })

export default defineConfig({
  test: {
    projects: [
      lane('unit', ['test/{domain,config,activities,workflows,api,views,demo,scripts}/**/*.test.ts'], { testTimeout: 20_000 }),
      lane('integration', ['test/integration/**/*.test.ts'], {
        globalSetup: ['test/setup/temporal.ts'],
        testTimeout: 90_000,
        hookTimeout: 90_000,
        maxWorkers: 2,
      }),
      lane('faults', ['test/faults/**/*.test.ts'], {
        globalSetup: ['test/setup/temporal.ts'],
        testTimeout: 180_000,
        hookTimeout: 120_000,
        fileParallelism: false,
      }),
      lane('hosts', ['test/hosts/**/*.test.ts'], {
        globalSetup: ['test/setup/temporal.ts', 'test/setup/hosts.ts'],
        testTimeout: 300_000,
        hookTimeout: 180_000,
        fileParallelism: false,
      }),
      // Not part of `npm test`: npm run test:engine
      lane('engine', ['test/engine/**/*.test.ts'], {
        globalSetup: ['test/setup/temporal.ts', 'test/setup/engine.ts'],
        testTimeout: 600_000,
        hookTimeout: 180_000,
        fileParallelism: false,
      }),
      lane('browser', ['test/browser/**/*.test.ts'], {
        globalSetup: ['test/setup/temporal.ts'],
        testTimeout: 120_000,
        hookTimeout: 120_000,
        fileParallelism: false,
      }),
    ],
  },
})
