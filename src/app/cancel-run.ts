/** `ringzero queue cancel`: nothing more of a run starts, and the workers stop what they run of it. */
import { AppError } from '../model/errors.ts'
import { withFleet } from './open-fleet.ts'

/** @returns how many attempts were stopped. @throws AppError RUN_UNKNOWN (user); DATABASE_* */
export async function cancelRun(url: string, run: string): Promise<number> {
  return await withFleet(url, async ({ registry, leases }) => {
    if (!(await registry.cancelRun(run)))
      throw new AppError('RUN_UNKNOWN', 'user', `the database has no run "${run}"`, {
        hint: 'see `ringzero fleet` for the runs that are open',
      })
    let stopped = 0
    for (const offered of await leases.ofRun(run)) if (await leases.cancel(offered)) stopped += 1
    return stopped
  })
}
