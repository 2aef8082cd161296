/**
 * What the end of an attempt that goes on from a checkpoint says of that checkpoint. Nothing of the candidate is in the machine
 * yet, so whatever goes wrong is the host's; unless the host alone explains it, the checkpoint is not used again.
 */
import { AppError } from '../../model/errors.ts'
import type { AttemptSession } from './attempt-session.ts'
import { MachineTrouble } from './machine-trouble.ts'
import type { CellCheckpoint } from '../run-parts.ts'

/** Faults of a host that has no room or time left, or that lost the machine to somebody else, as it would have lost every other. */
const HOST_ALONE: ReadonlySet<string> = new Set([
  'HOST_DEADLINE',
  'HOST_DISK_FULL',
  'HOST_DISK_SPACE',
  'HOST_MACHINE_GONE',
  'HOST_MEMORY',
  'HOST_MEMORY_FULL',
  'HOST_QEMU_KILLED',
  'HOST_RESOURCES',
])
/** A QEMU that dies of its own while it loads the state is told under the code of a killed QEMU; only its words differ. */
const OWN_DEATH = /\bSIG(?:ABRT|BUS|FPE|ILL|SEGV|SYS|TRAP)\b/
/** Faults of what is written down, not of the machine. */
const NOT_THE_MACHINE = /^(?:JOURNAL|EVIDENCE)_/

/** Checkpoints whose last machine was lost to the host alone. Once is the host; twice in a row, and it may be the checkpoint. */
const doubted = new WeakSet<CellCheckpoint>()

/** A machine went on from it as it should: what the host did before is forgotten. */
export function wentOn(checkpoint: CellCheckpoint): void {
  doubted.delete(checkpoint)
}

/**
 * The error that this attempt ends with: HOST_CHECKPOINT, its checkpoint invalidated, where the checkpoint may be to blame; else
 * `error` itself. Without an open checkpoint it says nothing of any.
 */
export async function checkpointFault(session: AttemptSession, error: unknown): Promise<unknown> {
  const { checkpoint, setup } = session
  if (checkpoint === undefined || setup.signal.aborted) return error
  if (error instanceof AppError && (error.fault !== 'host' || NOT_THE_MACHINE.test(error.code))) return error
  const reason = error instanceof Error ? error.message : String(error)
  if (isOfHostAlone(error) && !doubted.has(checkpoint)) {
    // The attempt is repeated from the same one: its files are as good as before.
    doubted.add(checkpoint)
    return error
  }
  await checkpoint.invalidate(reason).catch((left: unknown) => {
    setup.parts.log.log('warn', 'a checkpoint could not be marked as invalidated', { reason: String(left) })
  })
  return new AppError('HOST_CHECKPOINT', 'host', `the machine did not go on from its checkpoint: ${reason}`, {
    hint: 'the attempt is repeated from a new checkpoint',
    cause: error,
  })
}

function isOfHostAlone(error: unknown): boolean {
  if (!(error instanceof AppError || error instanceof MachineTrouble) || error.code === undefined)
    return false
  return HOST_ALONE.has(error.code) && !OWN_DEATH.test(error.message)
}
