/** Running-state checkpoints: memory and disk together, inside the machine's overlay. */
import { AppError } from '../../../model/errors.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Checkpoints } from '../../../sdk/provider.ts'
import { DISK_NODE } from './build-arguments.ts'
import type { MachineRecord } from './machine-folder.ts'
import type { MachineSession } from './machine-session.ts'
import { refuseSavedState } from './saved-state.ts'

interface CheckpointHost {
  /** @throws AppError when the machine is off */
  session(): MachineSession
  /** After a checkpoint was restored: channels are dead. */
  restored(session: MachineSession, ctx: Context): Promise<void>
}

/** The facet where it really works. */
export function checkpointsOf(
  { profile, source }: MachineRecord,
  host: CheckpointHost,
): Checkpoints | undefined {
  if (refuseSavedState(profile, source.os).length > 0) return undefined
  const where = { vmstate: DISK_NODE, devices: [DISK_NODE] }
  return {
    save: async (name, ctx) =>
      await host.session().runJob('snapshot-save', { ...where, tag: checked(name) }, ctx),
    async restore(name, ctx) {
      const session = host.session()
      await session.runJob('snapshot-load', { ...where, tag: checked(name) }, ctx)
      await host.restored(session, ctx)
    },
  }
}

function checked(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return name
  throw new AppError(
    'CHECKPOINT_NAME',
    'tool',
    'a checkpoint’s name has letters, digits, ".", "-" and "_" only',
  )
}
