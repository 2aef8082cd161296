import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

const HOUSE = ['test/house.test.ts', 'test/unread-fields.test.ts']

/** Machines in containers and behind the stand-in of Hyper-V; .ci/run has them beside the others. */
const OTHER_PROVIDERS = ['docker', 'hyper-v'].map((name) => `test/plugins/providers/${name}/**/*.vm.test.ts`)
/** One file at a time: deadlines of emulated machines are generous, not endless. */
const MACHINES = { testTimeout: 600_000, hookTimeout: 600_000, fileParallelism: false }

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

// The house rules (seconds), everything that needs no machine, and real machines, one file at a time.
// On Windows there are tests for Windows alone.
export default defineConfig({
  test: {
    disableConsoleIntercept: true,
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/support/built-pages.ts', 'test/support/skipped-tests.ts'],
    projects: [
      { test: { name: 'house', include: HOUSE, sequence: { groupOrder: 0 } } },
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            ...HOUSE,
            'test/**/*.vm.test.ts',
            'test/**/*.engine.test.ts',
            'test/**/*.windows.test.ts',
          ],
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
          ...MACHINES,
          name: 'machines',
          include: ['test/**/*.vm.test.ts'],
          exclude: OTHER_PROVIDERS,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...MACHINES,
          name: 'engines',
          include: ['test/plugins/providers/docker/**/*.engine.test.ts'],
          sequence: { groupOrder: 4 },
        },
      },
      {
        test: {
          ...MACHINES,
          name: 'providers',
          include: OTHER_PROVIDERS,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
