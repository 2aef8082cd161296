/** Flags that `run`, `resume` and `demo` share. */
import { Flags } from '@oclif/core'
import { jsonFlag } from './base-command.ts'

export const runFlags = {
  json: jsonFlag,
  policy: Flags.string({
    description: 'gate policy; without one nothing may fail and nothing may stay open',
  }),
  'keep-going': Flags.boolean({ description: 'start the next stage although one is red' }),
  'keep-failed': Flags.boolean({ description: 'leave machines with a symptom running, to be looked at' }),
}
