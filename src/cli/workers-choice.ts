/** What `run` and `resume` were told of workers. */
import type { WorkersChoice } from '../app/borrow-hosts.ts'
import { databaseUrl } from '../inputs/database-url.ts'

export interface WorkersFlags {
  readonly workers: boolean
  readonly 'database-url'?: string | undefined
  readonly priority: number
  readonly 'worker-silence-seconds': number
  readonly 'wait-minutes': number
}

/** Undefined without --workers. @throws AppError DATABASE_URL (user) */
export function workersChoice(flags: WorkersFlags): { readonly workers?: WorkersChoice } {
  if (!flags.workers) return {}
  return {
    workers: {
      url: databaseUrl(flags['database-url'], process.env),
      priority: flags.priority,
      silenceSeconds: flags['worker-silence-seconds'],
      waitMinutes: flags['wait-minutes'],
    },
  }
}
