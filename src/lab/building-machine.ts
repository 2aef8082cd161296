/** A machine that something is built on: watched from the host while the work goes on, and gone afterwards whatever happened. */
import { oneLine } from '../kit/text.ts'
import type { AppError } from '../model/errors.ts'
import { ChannelLost } from '../sdk/channel.ts'
import type { Context } from '../sdk/context.ts'
import type { Machine, MachineSignal } from '../sdk/provider.ts'

/** A lost link is often the first that is seen of a crash; the host's word on it comes a little later. */
const LOST_LINK_GRACE_MS = 5000

/** Who did what the host tells: something in the guest, as it would on every host, or the host itself. */
type Blamed = 'guest' | 'host'

/**
 * Runs `work`, ends it as soon as the host shows that the guest died or waits for a person, and destroys the machine. A guest that
 * switches itself off needs no signal: its link breaks.
 * @throws what `told` makes of the host's words; what the work throws; what destroying throws when nothing else went wrong
 */
export async function withBuildingMachine<T>(
  machine: Machine,
  told: (reason: string, blamed: Blamed) => AppError,
  ctx: Context,
  work: (ctx: Context) => Promise<T>,
): Promise<T> {
  const inner = new AbortController()
  const onAbort = (): void => inner.abort(ctx.signal.reason)
  ctx.signal.addEventListener('abort', onAbort, { once: true })
  if (ctx.signal.aborted) onAbort()
  const signals = machine.signals()[Symbol.asyncIterator]()
  const troubled = untilTrouble(signals).then(({ reason, blamed }) => {
    const error = told(reason, blamed)
    inner.abort(error)
    throw error
  })
  troubled.catch(() => undefined)
  let result: T
  try {
    result = await Promise.race([work({ ...ctx, signal: inner.signal }), troubled])
  } catch (error) {
    const cause = error instanceof ChannelLost ? await explained(error, troubled, ctx) : error
    await machine.destroy(ctx).catch((left: unknown) => {
      ctx.log.log('warn', `a machine of the builder was not destroyed: ${String(left)}`)
    })
    throw cause
  } finally {
    ctx.signal.removeEventListener('abort', onAbort)
    void signals.return?.()
  }
  await machine.destroy(ctx)
  return result
}

/** What the host tells of a machine whose link broke, else that it broke. */
async function explained(lost: ChannelLost, troubled: Promise<never>, ctx: Context): Promise<unknown> {
  const timer = new AbortController()
  const waited = ctx.clock.sleep(LOST_LINK_GRACE_MS, AbortSignal.any([ctx.signal, timer.signal])).then(
    () => lost,
    () => lost,
  )
  try {
    return await Promise.race([waited, troubled])
  } catch (trouble) {
    return trouble
  } finally {
    timer.abort()
  }
}

/** Resolves with what the host says of a machine that nothing can be built on any more; stays open when there is no such thing. */
async function untilTrouble(
  signals: AsyncIterator<MachineSignal>,
): Promise<{ readonly reason: string; readonly blamed: Blamed }> {
  for (let next = await signals.next(); next.done !== true; next = await signals.next()) {
    const signal = next.value
    if (signal.kind === 'crash') {
      const words = oneLine(signal.text ?? signal.code ?? signal.mechanism, 400)
      return { reason: `the guest crashed: ${words}`, blamed: 'guest' }
    }
    if (signal.kind === 'stuck') {
      const detail = oneLine(signal.detail, 400)
      return { reason: `the guest waits for a person (${signal.where}): ${detail}`, blamed: 'guest' }
    }
    if (signal.kind === 'host-fault') return { reason: oneLine(signal.message, 400), blamed: 'host' }
  }
  return await new Promise<never>(() => undefined)
}
