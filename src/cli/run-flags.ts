/** Flags that commands share. */
import { Flags } from '@oclif/core'
import { jsonFlag } from './base-command.ts'

/** Of `run` and `resume`. */
export const runFlags = {
  json: jsonFlag,
  policy: Flags.string({
    description: 'gate policy; without one nothing may fail and nothing may stay open',
  }),
  'keep-going': Flags.boolean({ description: 'start the next stage although one is red' }),
  'keep-failed': Flags.boolean({ description: 'leave machines with a symptom running, to be looked at' }),
}

/** Of `judge` and `report`, which read a run again. */
export const readFlags = {
  policy: Flags.string({
    description: 'gate policy; without one nothing may fail and nothing may stay open',
  }),
  lab: Flags.string({
    description: 'lab file whose plugins bring reporters; default: the lab of the run, if it can be read',
  }),
  against: Flags.string({
    description: 'folder of an earlier run: the reports say which failures are new, known or gone',
  }),
}

/** Of `plan` and `run`: what the plan is like. */
export const planFlags = {
  strength: Flags.integer({ min: 1, max: 6, description: 'every combination of this many values' }),
  seed: Flags.integer({ min: 0, default: 1, description: 'random seed for ties' }),
  effort: Flags.integer({
    min: 0,
    max: 600,
    default: 2,
    description: 'search for a smaller plan, in seconds of a reference machine',
  }),
  since: Flags.string({ description: 'run folder: plan only what its passing cells have not shown' }),
  history: Flags.string({
    description: 'folder of earlier runs: what failed comes first, and durations are measured ones',
  }),
}
