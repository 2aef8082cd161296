/** The channel's scripts on the host in the real engine, which stands in for the guest as well. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assetPath } from '../../../../src/kit/assets.ts'
import type { LinkCall } from '../../../../src/plugins/channels/powershell-direct/guest-link.ts'
import { connectPowerShellDirect } from '../../../../src/plugins/channels/powershell-direct/powershell-direct-channel.ts'
import { PowerShellSession } from '../../../../src/plugins/providers/hyper-v/powershell-session.ts'
import type { Channel } from '../../../../src/sdk/channel.ts'
import { powerShellHost } from '../../../stand-ins/powershell-host/powershell-host.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'

const scripts = join(import.meta.dirname, 'scripts')
let session: PowerShellSession
const calls: LinkCall[] = []

beforeAll(async () => {
  session = new PowerShellSession({ executable: await powerShellHost() })
}, 300_000)
afterAll(() => session.kill())

async function connect(
  guest: Readonly<Record<string, unknown>> = {},
  context = testContext(),
): Promise<Channel> {
  await session.call({ script: join(scripts, 'local-link.ps1'), parameters: guest }, testContext())
  const machine = '00000000-0000-0000-0000-000000000001'
  const target = { machine, user: 'u', password: 'p', gone: new AbortController().signal }
  const openSession = () => ({
    dead: false,
    call: (call: LinkCall, ctx: Parameters<PowerShellSession['call']>[1]) => {
      calls.push(call)
      return session.call(call, ctx)
    },
    kill: () => undefined,
  })
  return await connectPowerShellDirect({ ...target, openSession }, context)
}

describe('a program in the guest', () => {
  it('gets variables that may be secrets, which stand in no parameters: those can go through a file', async () => {
    const channel = await connect()
    const environment = { LICENCE: 'k"ey $(x) ü', EMPTY: '', SECOND: 'second' }
    const program = {
      program: process.execPath,
      arguments: [
        '-e',
        'const { LICENCE, EMPTY = "", SECOND } = process.env; process.stdout.write([LICENCE, EMPTY, SECOND].join("|")); process.stdin.pipe(process.stdout)',
      ],
    }
    const large = 'x'.repeat(300_000)
    const result = await channel.exec({ ...program, environment, input: large }, testContext())
    expect(result.stdout.toString()).toBe(`k"ey $(x) ü||second${large}`)
    const parameters = JSON.stringify(calls.map((call) => call.parameters))
    expect(parameters).toContain('LICENCE')
    for (const secret of ['$(x)', 'second']) expect(parameters).not.toContain(secret)
  }, 60_000)

  it('runs without variables as well, and refuses a value that is no text', async () => {
    const channel = await connect()
    const program = { program: process.execPath, arguments: ['-e', 'process.stdout.write("plain")'] }
    expect((await channel.exec(program, testContext())).stdout.toString()).toBe('plain')
    const broken = channel.exec({ ...program, environment: { X: '\ud800' } }, testContext())
    await expect(broken).rejects.toMatchObject({ code: 'HOST_CALL_TEXT' })
  }, 60_000)
})

describe('a file that is sent', () => {
  it.each([
    [1, 'a share'],
    [50, 'ReFS'],
    [87, 'a Dev Drive'],
  ])(
    'is there although Windows PowerShell fails with %i after the copy, as it does from %s',
    async (code) => {
      const folder = await mkdtemp(join(tmpdir(), 'rz-link-'))
      const [from, to] = [join(folder, 'from'), join(folder, 'sub', 'to')]
      await writeFile(from, 'content')
      const channel = await connect({ failsAfterCopy: code })
      calls.length = 0
      await channel.push(from, to, testContext())
      expect(await readFile(to, 'utf8')).toBe('content')
      // Not sent a second time on another way.
      expect(calls.map(({ parameters }) => parameters['action'])).toEqual(['run', 'push', 'run'])
      await rm(folder, { recursive: true, force: true })
    },
    60_000,
  )

  it('is sent on the other way when it was not copied', async () => {
    const channel = await connect({ failsAfterCopy: 2 })
    calls.length = 0
    await expect(channel.push(import.meta.filename, '/tmp/never', testContext())).rejects.toThrow('Hyper-V')
    expect(calls.map(({ parameters }) => parameters['action'])).toContain('service')
  }, 60_000)
})

describe('why a link was refused', () => {
  const refused = async (guest: Readonly<Record<string, unknown>>): Promise<unknown> => {
    calls.length = 0
    const stopped = new AbortController()
    const opened = connect(guest, { ...testContext(), signal: stopped.signal }).catch(
      (error: unknown) => error,
    )
    await expect.poll(() => calls.length, { timeout: 30_000 }).toBeGreaterThan(0)
    const last = calls.at(-1)
    const error: unknown = last && (await session.call(last, testContext()).catch((e: unknown) => e))
    stopped.abort(new Error('enough'))
    await opened
    return error
  }

  it('is the machine’s state by the error’s id, in every language of the host', async () => {
    expect(await refused({ refuse: 'InvalidVMState' })).toMatchObject({ id: 'RZ_LINK_NOT_RUNNING' })
    expect(await refused({ refuse: 'CreateRemoteRunspaceForVMFailed' })).toMatchObject({
      id: 'RZ_LINK_CLOSED',
    })
  }, 60_000)

  it('is a policy that constrains PowerShell of the guest', async () => {
    await expect(connect({ language: 'ConstrainedLanguage' })).rejects.toMatchObject({
      code: 'GUEST_LANGUAGE',
      message: expect.stringContaining('ConstrainedLanguage') as string,
    })
  }, 60_000)

  const asked = (message: string, text: string): Promise<unknown> => {
    const file = assetPath('plugins/channels/powershell-direct/scripts/open-link.ps1')
    return session.call(
      { script: join(scripts, 'local-text.ps1'), parameters: { file, message, text } },
      testContext(),
    )
  }

  it.each([
    ['The credential is invalid.', 'The credential is invalid.', true],
    ['Die VM "a" wird nicht ausgeführt.', 'Die VM "{0}" wird nicht ausgeführt.', true],
    // A text that begins with a placeholder has nothing before it, and nothing stands in every message.
    ['Der Dienst antwortet nicht.', '{0} wird nicht ausgeführt.', false],
    ['a wird nicht ausgeführt.', '{0} wird nicht ausgeführt.', true],
    ['in a and b', '{0} in {1}', false],
    ['凭据无效。', '凭据无效。', true],
    ['anything', '', false],
  ])('is told by the engine’s own text: %s', async (message, text, made) => {
    expect(await asked(message, text)).toBe(made)
  })
})
