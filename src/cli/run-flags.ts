/** Flags that commands share. */
import { Flags } from '@oclif/core'
import { jsonFlag } from './base-command.ts'
import { junitFlags } from './junit-flags.ts'
import { signerFlags } from './signer-flags.ts'
import { workersFlags } from './worker-flags.ts'

/** Of `run` and `resume`. */
export const runFlags = {
  json: jsonFlag,
  policy: Flags.string({
    description: 'path to the gate policy (default: no cell may fail and none may stay without a verdict)',
  }),
  'keep-going': Flags.boolean({ description: 'run all stages, even after one has failed' }),
  'keep-failed': Flags.boolean({ description: 'keep machines that show a symptom running for inspection' }),
  ...workersFlags,
  ...signerFlags,
  ...junitFlags,
}

/** Of `run`: what it may add to its plan. */
export const additionFlags = {
  isolate: Flags.integer({
    min: 0,
    max: 1000,
    default: 0,
    description: 'maximum number of cells that the run may add to narrow down suspects',
  }),
  settle: Flags.integer({
    min: 0,
    max: 100,
    default: 0,
    description:
      'maximum number of repeats that the run may add to a cell whose measurements leave the answer open',
  }),
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

/** Of `rings`. */
export const ringFlags = {
  fleet: Flags.string({
    required: true,
    description: 'CSV file of your fleet: one row per machine, one column per axis',
  }),
  budget: Flags.integer({ required: true, min: 1, max: 1_000_000, description: 'machines that may break' }),
  'rate-percent': Flags.integer({
    min: 1,
    max: 100,
    default: 1,
    description: 'failing starts to see, in percent',
  }),
  'starts-per-day': Flags.integer({
    min: 1,
    max: 1000,
    default: 1,
    description: 'starts of a machine a day',
  }),
  'watch-hours': Flags.integer({ min: 1, max: 10_000, default: 24, description: 'shortest watch of a ring' }),
  'soak-hours': Flags.integer({
    min: 0,
    max: 10_000,
    default: 168,
    description: 'how long the first machines run before the last ring begins',
  }),
  observed: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description:
      'CSV file of a ring that has the update, as the fleet with the columns failed and hours; one for each ring, in order',
  }),
  policy: Flags.string({ description: 'path to the gate policy (default: the built-in policy)' }),
  html: Flags.string({ description: 'write the rings as one page to this new file' }),
}

/** Of `merge`. */
export const mergeFlags = {
  json: jsonFlag,
  policy: Flags.string({
    description: 'path to the gate policy; the shards must have run under the same',
  }),
  lab: readFlags.lab,
  ...junitFlags,
}

/** Of `run`: a plan that was made before, or one shard of it. */
export const plannedRunFlags = {
  plan: Flags.string({
    description:
      'plan to run, as `ringzero plan --out` wrote it (its paths are from the current folder), or the folder of a run',
    exclusive: ['strength', 'seed', 'effort', 'since', 'history', 'isolate'],
  }),
  shard: Flags.string({
    description:
      'which of how many shards of the plan to run, as 3/8; `ringzero merge` decides on all together',
    dependsOn: ['plan'],
  }),
  stage: Flags.string({
    multiple: true,
    description: 'stage of the plan to run alone; repeat it for several',
    dependsOn: ['plan'],
  }),
  only: Flags.string({
    multiple: true,
    description:
      'cell of the plan to run alone, by its id or first characters; repeat it for several; such a run releases nothing',
    dependsOn: ['plan'],
    exclusive: ['shard', 'stage'],
  }),
  after: Flags.string({
    multiple: true,
    description:
      'file or URL of report/stages.json of the shard that runs an earlier stage; waits for it; repeat it for several',
    dependsOn: ['plan'],
  }),
  'after-minutes': Flags.integer({
    min: 0,
    max: 10_080,
    default: 120,
    description: 'how long to wait for each --after',
  }),
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
