/** Asking a guest that rejects the account must not be what locks it. */
import { expect, it } from 'vitest'
import { AppError } from '../../../../src/model/errors.ts'
import type { LinkTarget } from '../../../../src/plugins/channels/powershell-direct/guest-link.ts'
import { connectPowerShellDirect } from '../../../../src/plugins/channels/powershell-direct/powershell-direct-channel.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'

/** Windows 11 and Server 2025 lock an account at this many rejections (Microsoft, "Account lockout threshold"). */
const LOCKED_AT = 10

/** Connects to a guest that answers its tries with these errors, the last one for ever; `at` are the seconds of the tries. */
async function connect(
  ...answers: string[]
): Promise<{ readonly at: number[]; readonly error: unknown; readonly warned: readonly string[] }> {
  const at: number[] = []
  const warned: string[] = []
  const log = { log: (level: string, message: string) => void (level === 'warn' && warned.push(message)) }
  const base = testContext()
  let now = 0
  const clock = { now: () => now, sleep: async (ms: number) => void (now += ms) }
  const target: LinkTarget = {
    machine: 'id',
    user: 'ringzero',
    password: 'wrong',
    gone: new AbortController().signal,
    openSession: () => ({
      dead: false,
      kill: () => undefined,
      async call() {
        const id = answers[at.length] ?? answers.at(-1)
        at.push(now / 1000)
        if (id === 'HOST_POWERSHELL') throw new AppError(id, 'host', 'it crashed')
        throw Object.assign(new Error('no link'), { name: 'ScriptError', id })
      },
    }),
  }
  const error: unknown = await connectPowerShellDirect(target, { ...base, clock, log }).catch(
    (e: unknown) => e,
  )
  return { at, error, warned }
}

it('asks again in ever longer pauses and gives up before the account is locked', async () => {
  const { at, error } = await connect('RZ_LINK_CREDENTIALS')
  expect(error).toMatchObject({ code: 'GUEST_CREDENTIALS', fault: 'user' })
  expect(at.slice(0, 4)).toEqual([0, 2, 6, 14])
  expect(at.length).toBeLessThan(LOCKED_AT)
  expect(at.at(-1)).toBeGreaterThan(120)
})

it('asks each second while there is nobody who could reject it', async () => {
  const { at } = await connect('RZ_LINK_CLOSED', 'RZ_LINK_CLOSED', 'RZ_LINK_CREDENTIALS')
  expect(at.slice(0, 4)).toEqual([0, 1, 2, 4])
})

it('names what the updates of September 2025 did to PowerShell Direct, once, when it is refused for a minute', async () => {
  const { error, warned } = await connect(...Array<string>(80).fill('RZ_LINK_CLOSED'), 'RZ_LINK_CREDENTIALS')
  expect(warned).toEqual([expect.stringContaining('KB5066360')])
  expect(error).toMatchObject({ hint: expect.stringContaining('KB5066360') as string })
})

it('opens another PowerShell where one crashed while several sessions were opened, and not for ever', async () => {
  const crash = 'HOST_POWERSHELL'
  expect((await connect(crash, crash, crash, 'RZ_LINK_CREDENTIALS')).error).toMatchObject({
    code: 'GUEST_CREDENTIALS',
  })
  const { at, error } = await connect(crash)
  expect(at).toEqual([0, 1, 3, 6])
  expect(error).toMatchObject({ code: crash })
})
