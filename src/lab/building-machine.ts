/** A machine that something is built on: watched from the host while the work goes on, and gone afterwards whatever happened. */
import { oneLine } from '../kit/text.ts'
import type { AppError } from '../model/errors.ts'
import type { Context } from '../sdk/context.ts'
import type { Machine, MachineSignal } from '../sdk/provider.ts'

/**
 * Runs `work`, ends it as soon as the host shows that the guest died or waits for a person, and destroys the machine. A guest that
 * switches itself off needs no signal: its link breaks.
 * @throws what `told` makes of the host's words; what the work throws; what destroying throws when nothing else went wrong
 */
export async function withBuildingMachine<T>(
  machine: Machine,
  told: (reason: string) => AppError,
  ctx: Context,
  work: (ctx: Context) => Promise<T>,
): Promise<T> {
  const inner = new AbortController()
  const onAbort = (): void => inner.abort(ctx.signal.reason)
  ctx.signal.addEventListener('abort', onAbort, { once: true })
  if (ctx.signal.aborted) onAbort()
  const signals = machine.signals()[Symbol.asyncIterator]()
  const troubled = untilTrouble(signals).then((reason) => {
    const error = told(reason)
    inner.abort(error)
    throw error
  })
  troubled.catch(() => undefined)
  let result: T
  try {
    result = await Promise.race([work({ ...ctx, signal: inner.signal }), troubled])
  } catch (error) {
    await machine.destroy(ctx).catch((left: unknown) => {
      ctx.log.log('warn', `a machine of the builder was not destroyed: ${String(left)}`)
    })
    throw error
  } finally {
    ctx.signal.removeEventListener('abort', onAbort)
    void signals.return?.()
  }
  await machine.destroy(ctx)
  return result
}

/** Resolves with what the host says of a machine that nothing can be built on any more; stays open when there is no such thing. */
async function untilTrouble(signals: AsyncIterator<MachineSignal>): Promise<string> {
  for (let next = await signals.next(); next.done !== true; next = await signals.next()) {
    const signal = next.value
    if (signal.kind === 'crash')
      return `the guest crashed: ${oneLine(signal.text ?? signal.code ?? signal.mechanism, 400)}`
    if (signal.kind === 'stuck')
      return `the guest waits for a person (${signal.where}): ${oneLine(signal.detail, 400)}`
    if (signal.kind === 'host-fault') return oneLine(signal.message, 400)
  }
  return await new Promise<never>(() => undefined)
}
