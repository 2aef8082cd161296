/** How a PowerShell of ours begins and ends: without anybody's secrets, and never after the process that started it. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startProgram } from '../../../../src/kit/process.ts'
import { powerShellEnvironment } from '../../../../src/plugins/providers/hyper-v/powershell-environment.ts'
import { PowerShellSession } from '../../../../src/plugins/providers/hyper-v/powershell-session.ts'
import { powerShellHost } from '../../../stand-ins/powershell-host/powershell-host.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'

const script = join(import.meta.dirname, 'scripts/echo.ps1')
let executable: string
let folder: string

beforeAll(async () => {
  executable = await powerShellHost()
  folder = await mkdtemp(join(tmpdir(), 'rz-life-'))
}, 300_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs a call of four seconds in a runner of its own; resolves when the call has begun. */
async function beginLateCall(
  name: string,
): Promise<{ readonly done: string; readonly kill: () => Promise<unknown> }> {
  const [began, done] = [join(folder, `${name}-began`), join(folder, `${name}-done`)]
  const runner = await startProgram(process.execPath, [
    fileURLToPath(new URL('late-call.ts', import.meta.url)),
    executable,
    began,
    done,
    '4000',
  ])
  await expect.poll(() => existsSync(began), { timeout: 240_000 }).toBe(true)
  const kill = async (): Promise<unknown> => {
    runner.kill('SIGKILL')
    return await runner.exited
  }
  return { done, kill }
}

describe('a script whose runner is killed', () => {
  it('ends at once and does not come to its end', async () => {
    const { done, kill } = await beginLateCall('killed')
    await kill()
    await setTimeout(6000)
    expect(existsSync(done)).toBe(false)
  }, 300_000)

  it('would have come to its end', async () => {
    const { done, kill } = await beginLateCall('left')
    await expect.poll(() => existsSync(done), { timeout: 240_000 }).toBe(true)
    await kill()
  }, 300_000)
})

describe('the environment of a PowerShell', () => {
  it('has none of the variables in which a lab or a build server keeps its secrets', async () => {
    process.env['RINGZERO_GUEST_PASSWORD'] = 'p'
    process.env['ACME_LICENCE'] = 'l'
    const session = new PowerShellSession({ executable, environment: { RZ_GIVEN: 'g' } })
    const parameters = { do: 'environment', name: 'RZ_GIVEN' }
    const seen = await session.call({ script, parameters }, testContext(240))
    const { own, names } = seen as { readonly own: string; readonly names: readonly string[] }
    session.kill()
    expect(own).toBe('g')
    expect(names).toContain('PATH')
    expect(names.filter((name) => /ACME|RINGZERO/.test(name))).toEqual([])
  }, 300_000)

  it('has what Windows needs, in any case of letters, and leaves the module path to Windows PowerShell', () => {
    const own = {
      Path: 'C:\\Windows',
      SystemRoot: 'C:\\Windows',
      'ProgramFiles(x86)': 'C:\\x86',
      PSModulePath: 'C:\\7',
      GITHUB_TOKEN: 't',
      TEMP: undefined,
    }
    const { PSModulePath, GITHUB_TOKEN: _, TEMP: __, ...kept } = own
    expect(powerShellEnvironment(own, 'win32')).toEqual(kept)
    expect(powerShellEnvironment(own, 'linux')).toEqual({ ...kept, PSModulePath })
  })
})
