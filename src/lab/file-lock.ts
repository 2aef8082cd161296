/** A lock between processes that a kill -9 cannot leave behind: it names its owner, and an owner that is gone owns nothing. */
import { DeadlineError } from '../kit/deadline.ts'
import { releaseOwnedFile, takeOwnedFile, thisOwner } from '../kit/owned-file.ts'
import type { Context } from '../sdk/context.ts'

const POLL_MS = 200

/**
 * Runs `work` while holding the lock file; waits for a living owner, takes over from a dead one.
 * @throws DeadlineError when the lock was not free before ctx.deadline; the signal's reason when aborted; what `work` throws
 */
export async function withFileLock<T>(path: string, ctx: Context, work: () => Promise<T>): Promise<T> {
  const text = JSON.stringify(await thisOwner())
  while (!(await takeOwnedFile(path, text))) {
    if (ctx.clock.now() >= ctx.deadline) throw new DeadlineError(`waiting for ${path}`, ctx.deadline)
    await ctx.clock.sleep(POLL_MS, ctx.signal)
  }
  try {
    return await work()
  } finally {
    await releaseOwnedFile(path, text)
  }
}
