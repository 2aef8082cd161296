import { defineConfig } from 'vitest/config'

const HOUSE = ['test/house.test.ts', 'test/unread-fields.test.ts']

const WINDOWS = {
  test: {
    name: 'windows',
    include: ['test/**/*.windows.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    sequence: { groupOrder: 2 },
  },
}

// Three projects: the house rules (seconds), everything that needs no machine, and real machines one file at a time.
// On Windows there are tests for Windows alone.
export default defineConfig({
  test: {
    disableConsoleIntercept: true,
    globalSetup: ['test/support/built-pages.ts', 'test/support/skipped-tests.ts'],
    projects: [
      { test: { name: 'house', include: HOUSE, sequence: { groupOrder: 0 } } },
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...HOUSE, 'test/**/*.vm.test.ts', 'test/**/*.windows.test.ts'],
          testTimeout: 60_000,
          maxWorkers: 2,
          // A stranger's plugin and its tests share one copy of the contract (test/stand-ins/strangers.ts).
          server: { deps: { inline: [/node_modules\/ringzero\//] } },
          sequence: { groupOrder: 1 },
        },
      },
      ...(process.platform === 'win32' ? [WINDOWS] : []),
      {
        test: {
          name: 'machines',
          include: ['test/**/*.vm.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          // Alone on the processors: deadlines of emulated machines are generous, not endless.
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
