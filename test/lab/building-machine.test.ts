import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/kit/clock.ts'
import { withBuildingMachine } from '../../src/lab/building-machine.ts'
import { AppError } from '../../src/model/errors.ts'
import { ChannelLost } from '../../src/sdk/channel.ts'
import type { Context } from '../../src/sdk/context.ts'
import type { Machine, MachineSignal } from '../../src/sdk/provider.ts'

const told = (reason: string): AppError => new AppError('HOST_LAYER', 'host', reason)

function context(signal = new AbortController().signal): Context & { readonly warned: string[] } {
  const warned: string[] = []
  const log = { log: (_: string, message: string) => void warned.push(message) }
  return { clock: systemClock, deadline: systemClock.now() + 60_000, signal, log, warned }
}

/** The far end of the seam: what a host would tell, and whether the machine was destroyed. */
function machine(signals: readonly MachineSignal[], destroy = () => Promise.resolve()): Machine {
  return {
    async *signals() {
      yield* signals
      await new Promise(() => undefined)
    },
    destroy,
  } as unknown as Machine
}

const never = (ctx: Context): Promise<never> =>
  new Promise((_, reject) => {
    ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error))
  })

describe('a machine that something is built on', () => {
  it.each<[MachineSignal, RegExp]>([
    [
      { kind: 'crash', mechanism: 'panic', text: 'Kernel panic - not syncing', at: 0 },
      /crashed: Kernel panic/,
    ],
    [{ kind: 'stuck', where: 'setup', detail: 'asks for a keyboard', at: 0 }, /waits for a person \(setup\)/],
    [{ kind: 'host-fault', code: 'HOST_GONE', message: 'QEMU was killed', at: 0 }, /QEMU was killed/],
  ])('ends at once when the host shows that it is dead: %j', async (signal, words) => {
    let destroyed = false
    const dead = machine([{ kind: 'reset', asked: true, at: 0 }, signal], async () => {
      destroyed = true
      await Promise.resolve()
    })
    await expect(withBuildingMachine(dead, told, context(), never)).rejects.toThrow(words)
    expect(destroyed).toBe(true)
  })

  it('says whether the guest or the host is to blame', async () => {
    const blamed: string[] = []
    const whose = (reason: string, blame: 'guest' | 'host'): AppError => {
      blamed.push(blame)
      return told(reason)
    }
    const crash: MachineSignal = { kind: 'crash', mechanism: 'panic', at: 0 }
    const stuck: MachineSignal = { kind: 'stuck', where: 'setup', detail: '', at: 0 }
    const gone: MachineSignal = { kind: 'host-fault', code: 'HOST_GONE', message: 'gone', at: 0 }
    for (const signal of [crash, stuck, gone])
      await expect(withBuildingMachine(machine([signal]), whose, context(), never)).rejects.toThrow(AppError)
    expect(blamed).toEqual(['guest', 'guest', 'host'])
  })

  it('takes a crash that the host tells a little later for the reason of a link that broke', async () => {
    const crash: MachineSignal = { kind: 'crash', mechanism: 'panic', text: 'Kernel panic', at: 0 }
    const late = {
      async *signals() {
        await new Promise((resolve) => setTimeout(resolve, 20))
        yield crash
        await new Promise(() => undefined)
      },
      destroy: () => Promise.resolve(),
    } as unknown as Machine
    const work = (): Promise<never> => Promise.reject(new ChannelLost('the link broke'))
    await expect(withBuildingMachine(late, told, context(), work)).rejects.toThrow('Kernel panic')
  })

  it('gives the work its result when nothing happens, and is destroyed', async () => {
    let destroyed = 0
    const fine = machine([{ kind: 'power', state: 'running', cause: 'asked', at: 0 }], async () => {
      destroyed += 1
      await Promise.resolve()
    })
    await expect(
      withBuildingMachine(fine, told, context(), async () => await Promise.resolve(7)),
    ).resolves.toBe(7)
    expect(destroyed).toBe(1)
  })

  it('keeps the first error when it cannot be destroyed either, and says so', async () => {
    const ctx = context()
    const stubborn = machine([], () => Promise.reject(new Error('still running')))
    const work = (): Promise<never> => Promise.reject(new Error('the installer failed'))
    await expect(withBuildingMachine(stubborn, told, ctx, work)).rejects.toThrow('the installer failed')
    expect(ctx.warned.join()).toContain('still running')
  })

  it('ends the work when the person interrupts', async () => {
    const person = new AbortController()
    const building = withBuildingMachine(machine([]), told, context(person.signal), never)
    person.abort(new Error('interrupted'))
    await expect(building).rejects.toThrow('interrupted')
  })
})
