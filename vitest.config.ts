import { defineConfig } from 'vitest/config'

const HOUSE = ['test/house.test.ts', 'test/unread-fields.test.ts']

// Three projects: the house rules (seconds), everything that needs no machine, and real machines one file at a time.
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
          exclude: [...HOUSE, 'test/**/*.vm.test.ts'],
          testTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
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
