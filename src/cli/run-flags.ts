/** Flags that commands share. */
import { Flags } from '@oclif/core'
import { jsonFlag } from './base-command.ts'
import { junitFlags } from './junit-flags.ts'

/** Of `run` and `resume`. */
export const runFlags = {
  json: jsonFlag,
  policy: Flags.string({
    description: 'path to the gate policy (default: no cell may fail and none may stay without a verdict)',
  }),
  'keep-going': Flags.boolean({ description: 'run all stages, even after one has failed' }),
  'keep-failed': Flags.boolean({ description: 'keep machines that show a symptom running for inspection' }),
  ...junitFlags,
}

/** Of `judge` and `report`, which read a run again. */
export const readFlags = {
  policy: Flags.string({
    description: 'path to the gate policy (default: no cell may fail and none may stay without a verdict)',
  }),
  lab: Flags.string({
    description: 'path to a lab file whose plugins bring reporters (default: the lab file of the run)',
  }),
  against: Flags.string({
    description: 'folder of an earlier run: the reports say which failures are new, known or gone',
  }),
  ...junitFlags,
}

/** Of `plan` and `run`: what the plan is like. */
export const planFlags = {
  strength: Flags.integer({
    min: 1,
    max: 6,
    description: 'number of axes whose value combinations are all covered (2 covers every pair)',
  }),
  seed: Flags.integer({ min: 0, default: 1, description: 'random seed for ties' }),
  effort: Flags.integer({
    min: 0,
    max: 600,
    default: 2,
    description: 'how long to search for a plan with fewer cells, in seconds on a reference computer',
  }),
  since: Flags.string({
    description: 'folder of an earlier run; plan only what its passing cells did not show',
  }),
  history: Flags.string({
    description:
      'folder of earlier runs; cells that failed there run first, and measured durations order the plan',
  }),
}
