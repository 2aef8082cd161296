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
}
