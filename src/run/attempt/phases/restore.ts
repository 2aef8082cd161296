/**
 * In the place of the first start: the machine goes on from its checkpoint, and must prove that it is the machine that was saved.
 * What it says of the checkpoint when it does not, is decided in `checkpoint-fault.ts`.
 */
import { withDeadline } from '../../../kit/deadline.ts'
import { AppError } from '../../../model/errors.ts'
import type { Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type { BootFacts } from '../../../sdk/guest-os.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { checkpointFault, wentOn } from '../checkpoint-fault.ts'
import { inPhase } from '../in-phase.ts'
import type { CellCheckpoint } from '../../run-parts.ts'
import { startMachine } from './boot.ts'

const RESTORE_MS = 300_000
/** The guest was running when it was saved: it answers at once or never. */
const ANSWER_MS = 120_000
/** A guest's clock has whole seconds. */
const CLOCK_TOLERANCE_MS = 2_000

/** @throws AppError HOST_CHECKPOINT with fault host when it does not go on as it was saved; then the attempt is tried again */
export async function restore(session: AttemptSession): Promise<void> {
  const { checkpoint } = session
  if (checkpoint === undefined) throw new AppError('BUG_CHECKPOINT', 'tool', 'no checkpoint was opened')
  try {
    await inPhase(session, 'restore', RESTORE_MS, async (ctx) => await goOn(session, checkpoint, ctx))
  } catch (error) {
    throw await checkpointFault(session, error)
  }
  wentOn(checkpoint)
}

async function goOn(session: AttemptSession, checkpoint: CellCheckpoint, ctx: Context): Promise<void> {
  const { machine, watch } = session.watched
  await startMachine(session)
  const answering = { ...ctx, deadline: Math.min(ctx.deadline, ctx.clock.now() + ANSWER_MS) }
  const facts = await withDeadline('the restored guest’s answer', answering, (signal) =>
    watch.guard({ ...answering, signal }, async (inner) => {
      const link = await machine.connect(inner)
      session.linked(link)
      const said = await session.setup.os.boot(link, inner)
      await setClock(session, link, inner)
      return said
    }),
  )
  requireSame(facts, checkpoint)
  const { start } = watch
  const readyMs = session.clock.now() - start.at
  watch.reached('settled')
  await session.setup.log.observe('watch', {
    kind: 'boot',
    ordinal: start.ordinal,
    cause: 'restored',
    checkpoint: checkpoint.sha256,
    milestone: 'settled',
    ended: 'settled',
    readyMs,
    bootId: facts.bootId,
    guestBootCount: facts.bootCount,
  })
  const { bootId, bootCount } = facts
  session.settled({ bootId, bootCount, ordinal: start.ordinal, at: session.clock.now() })
}

/** The same life of the same guest, at rest as it was saved. */
function requireSame(facts: BootFacts, { bootId, bootCount }: CellCheckpoint): void {
  const wrong =
    facts.bootId !== bootId
      ? 'the guest answers under another boot id than it was saved with'
      : facts.bootCount !== bootCount
        ? `the guest counts ${facts.bootCount} starts, it was saved with ${bootCount}`
        : !facts.finished || facts.mode !== 'normal'
          ? 'the system does not say that it runs as it did when it was saved'
          : undefined
  if (wrong !== undefined) throw new AppError('HOST_CHECKPOINT', 'host', wrong)
}

/** The guest's clock stood still since the save: certificates, schedules and logs would live in the past. */
async function setClock({ setup, clock }: AttemptSession, guest: Channel, ctx: Context): Promise<void> {
  const before = clock.now()
  const shown = await setup.os.setClock?.(before, guest, ctx)
  if (shown === undefined)
    throw new AppError('HOST_CHECKPOINT', 'host', `the clock of a ${setup.os.name} guest cannot be set`)
  if (shown >= before - CLOCK_TOLERANCE_MS && shown <= clock.now() + CLOCK_TOLERANCE_MS) return
  throw new AppError(
    'HOST_CHECKPOINT',
    'host',
    `the guest’s clock could not be set: it is ${Math.round((shown - before) / 1000)} s off`,
  )
}
