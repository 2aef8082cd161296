/** power.ps1, safe-boot.ps1 and the jobs of the management service in the real engine: what is never cut off, and what is ended all the same. */
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { standInHost, type StandInHost } from '../../../stand-ins/stand-in-host.ts'
import { notOnWindows } from '../../../windows-host/not-on-windows.ts'

let host: StandInHost

beforeAll(async () => {
  host = await standInHost()
}, 300_000)
beforeEach(() => host.calls())
afterAll(() => host.close())

type Made = Awaited<ReturnType<StandInHost['create']>>

/** A machine in a state that QEMU does not have. */
async function machineIn(state: string): Promise<Made> {
  const made = await host.create({ network: { access: 'none' } })
  await claim(made, state)
  await host.calls()
  return made
}

async function claim({ id }: Made, Claimed: string | null): Promise<void> {
  await host.put(id, 'machine.json', { ...(await host.machine(id)), Claimed })
}

const stops = async (): Promise<readonly string[]> =>
  (await host.calls()).filter((call) => call.startsWith('Stop-VM'))

describe('a guest that is asked to shut down', () => {
  it('is never turned off where it has no shutdown service', async () => {
    const made = await machineIn('Running')
    await host.wish('no-shutdown-service')
    const refused = { code: 'HOST_NO_SHUTDOWN', fault: 'host' }
    await expect(host.script('power', { ...made.parameters, action: 'guest' })).rejects.toMatchObject(refused)
    await host.wish('no-shutdown-service', false)
    expect(await stops()).toEqual([])
    expect((await host.machine(made.id))['Claimed']).toBe('Running')
  })

  it('is told of when its service refuses', async () => {
    const made = await machineIn('Running')
    await expect(host.script('power', { ...made.parameters, action: 'guest' })).rejects.toMatchObject({
      code: 'HOST_NO_SHUTDOWN',
      message: expect.stringContaining('32775') as string,
    })
  })
})

describe('a machine whose power is cut', () => {
  it.each(['Starting', 'Stopping', 'Pausing', 'Resuming', 'Reset'])(
    'is waited for while it is %s, when no order is taken',
    async (state) => {
      const made = await machineIn(state)
      const cut = host.script('power', { ...made.parameters, action: 'power' })
      await setTimeout(1500)
      await claim(made, 'Running')
      await cut
      expect((await stops()).at(-1)).toMatch(/-TurnOff/)
      expect((await host.machine(made.id))['Claimed']).toBe('')
    },
  )

  it('is woken where it sleeps on its disk, which does not pass by itself', async () => {
    const made = await machineIn('Hibernated')
    await host.script('power', { ...made.parameters, action: 'power' })
    expect(await host.calls()).toEqual([
      expect.stringMatching(/^Start-VM/),
      expect.stringMatching(/^Stop-VM .*-TurnOff/),
    ])
  })

  it('loses its process where it hangs on its way', async () => {
    const made = await machineIn('Stopping')
    await host.script('power', { ...made.parameters, action: 'power' })
    expect((await host.machine(made.id)).Settings['Worker']).toBe('ended')
  }, 90_000)
})

describe(
  'starts in safe mode',
  notOnWindows('disks of the stand-in host, which programs of Linux make'),
  () => {
    it('leave one entry in the boot store, on no menu, and none when they are over', async () => {
      const made = await host.create({ network: { access: 'none' } })
      const entries = async (): Promise<readonly string[]> =>
        (await host.machine(made.id)).Settings['BootEntries']?.split(';') ?? []
      for (let round = 0; round < 3; round += 1)
        await host.script('safe-boot', { ...made.parameters, action: 'add' })
      expect(await entries()).toEqual([expect.stringMatching(/^\{.{36}\}\|ringzero safe mode\|hidden$/)])
      const { Settings } = await host.machine(made.id)
      expect(Settings['BootTimeout']).toBe('0')
      expect(Settings['SafeOnce']).toBe((await entries())[0]?.split('|')[0])
      await host.script('safe-boot', { ...made.parameters, action: 'remove' })
      expect(await entries()).toEqual([''])
    }, 60_000)
  },
)

describe('a job of the management service', () => {
  it('that somebody ended is no success, although its error code is 0', async () => {
    const made = await machineIn('Running')
    await host.put(made.id, 'paints-slowly', '')
    await host.wish('jobs-are-ended')
    const asked = host.script('thumbnail', { ...made.parameters, width: 2, height: 2 })
    await expect(asked).rejects.toMatchObject({
      code: 'HOST_NO_PICTURE',
      message: expect.stringContaining('job state 8') as string,
    })
    await host.wish('jobs-are-ended', false)
  })
})
