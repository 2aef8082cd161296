/** Flags of the commands that speak with workers. */
import { Flags } from '@oclif/core'

export const databaseFlag = {
  'database-url': Flags.string({
    description:
      'where the address of the database stands: env:NAME or file:PATH (default: env:RINGZERO_DATABASE_URL)',
  }),
}

/** Of `run` and `resume`. */
export const workersFlags = {
  workers: Flags.boolean({
    description: 'let workers make the machines, on the hosts that `ringzero worker` lends',
    exclusive: ['shard', 'stage', 'only', 'keep-failed'],
  }),
  ...databaseFlag,
  priority: Flags.integer({
    min: -100,
    max: 100,
    default: 0,
    description: 'with --workers: a run with a larger number goes first',
  }),
  'worker-silence-seconds': Flags.integer({
    min: 10,
    max: 3600,
    default: 120,
    description:
      'with --workers: a worker that is not heard of for longer is lost, and its attempts run again',
  }),
  'wait-minutes': Flags.integer({
    min: 1,
    max: 10_080,
    default: 120,
    description: 'with --workers: how long a cell waits until some worker can take it',
  }),
}
