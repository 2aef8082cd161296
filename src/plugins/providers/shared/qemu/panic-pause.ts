/** What happens between a guest's panic and its own restart. */
import type { Clock } from '../../../../kit/clock.ts'
import { writeFileAtomic } from '../../../../kit/files.ts'
import type { MachineSession } from './machine-session.ts'

/** Time for the picture of a panic: 35 ms were measured; the guest stands still meanwhile. */
const PANIC_PAUSE_MS = 10_000

/**
 * The guest has just told its panic and stands still: keep its screen before its own restart clears it, then let it go
 * on, so that it writes its crash record and restarts (or hangs) as it would on a desk. Measured with QEMU 7.2 and a
 * panicking Linux guest: the oops is on the picture, "cont" works from state guest-panicked, and the RESET follows about
 * a second later (panic=1), as it does without a pause. Never rejects: without a picture the guest still goes on.
 */
export async function leavePanicPause(
  session: MachineSession,
  picturePath: string,
  withPicture: boolean,
  clock: Clock,
): Promise<void> {
  const ctx = { clock, signal: new AbortController().signal, deadline: clock.now() + PANIC_PAUSE_MS }
  if (withPicture)
    await session
      .screenshot(ctx)
      .then(async (picture) => await writeFileAtomic(picturePath, picture))
      .catch(() => undefined)
  await session.execute('cont', {}, ctx).catch(() => undefined)
}
