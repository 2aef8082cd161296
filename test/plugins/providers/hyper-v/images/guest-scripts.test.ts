/** What an image does in the guest, run by the real PowerShell engine against a described Windows. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { assetPath } from '../../../../../src/kit/assets.ts'
import { windowsGuest } from '../../../../../src/plugins/guests/windows/windows-guest.ts'
import { powerShellGuest } from '../../../../stand-ins/powershell-guest.ts'
import { testContext } from '../../../../stand-ins/local-guest.ts'
import { notOnWindows } from '../../../../windows-host/not-on-windows.ts'

const described = notOnWindows('a Windows that a file describes, in the engine of Linux')

vi.setConfig({ testTimeout: 300_000 })

const GUEST = 'HKLM:\\SOFTWARE\\Microsoft\\Virtual Machine\\Guest'
const SETUP = 'HKLM:\\SYSTEM\\Setup'
const STATE = 'HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Setup\\State'
const RUN = `param($Parameters)
$arguments = @(, $Parameters.argument) + @($Parameters.more)
$value = & ([ScriptBlock]::Create([string]$Parameters.script)) @arguments
@{ logs = @($global:StandInLogs | Where-Object { $_ }); writes = @($global:StandInWrites); tasks = @($global:StandInTasks); recovery = $global:StandInRecovery; accounts = $global:StandInAccounts; value = $value }`

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rz-guest-scripts-'))
  await mkdir(join(folder, 'Temp'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

interface Done {
  readonly logs: readonly string[]
  readonly writes: readonly { readonly key: string; readonly name: string; readonly value: string }[]
  readonly tasks: readonly Readonly<Record<string, unknown>>[]
  readonly recovery: string | null
  readonly accounts: string | null
  readonly value: unknown
}

async function run(
  script: string,
  argument: unknown,
  description: object,
  more: readonly unknown[] = [],
): Promise<Done> {
  const text = await readFile(assetPath(`plugins/providers/hyper-v/images/scripts/${script}.ps1`), 'utf8')
  const guest = await powerShellGuest(JSON.stringify({ cim: {}, ...description }), folder)
  const parameters = { script: text, argument, more }
  return (await windowsGuest.runScript(
    { name: script, text: RUN },
    parameters,
    guest,
    testContext(200),
  )) as Done
}

function windows(setup: object, machine = 'rz-1'): Record<string, object> {
  return {
    [GUEST]: { RingzeroBoot: 'rz-layer/old', RingzeroSetup: 'complete' },
    [`${GUEST}\\Parameters`]: { VirtualMachineName: machine },
    [SETUP]: setup,
    [STATE]: { ImageState: 'IMAGE_STATE_COMPLETE' },
  }
}

describe('each start', described, () => {
  const ended = { SystemSetupInProgress: 0, OOBEInProgress: 0 }

  it('tells the host a new nonce after the state of setup, under the name that the host gave the machine', async () => {
    const first = await run('publish-start', 0, { registry: windows(ended) })
    const second = await run('publish-start', 0, { registry: windows(ended) })
    expect(first.writes).toMatchObject([
      { key: GUEST, name: 'RingzeroSetup', value: 'complete', type: 'String' },
      { key: GUEST, name: 'RingzeroBoot', value: expect.stringMatching(/^rz-1\/[0-9a-f]{32}$/) as string },
    ])
    expect(second.writes[1]?.value).not.toBe(first.writes[1]?.value)
  })

  it('says what of setup is open, and all again, with the same nonce, once the host has named this machine', async () => {
    const { writes } = await run('publish-start', 0, {
      registry: windows({ SystemSetupInProgress: 1, OOBEInProgress: 1 }, 'rz-layer'),
      later: { [SETUP]: ended, [`${GUEST}\\Parameters`]: { VirtualMachineName: 'rz-1' } },
    })
    expect(writes.map(({ value }) => value.split('/')[0])).toEqual([
      'SystemSetupInProgress OOBEInProgress IMAGE_STATE_COMPLETE',
      'rz-layer',
      'complete',
      'rz-1',
    ])
    expect(writes[1]?.value.split('/')[1]).toBe(writes[3]?.value.split('/')[1])
  })
})

describe('how far setup is', described, () => {
  const complete = { [STATE]: { ImageState: 'IMAGE_STATE_COMPLETE' } }
  it.each([
    ['nothing is open', { SystemSetupInProgress: 0, OOBEInProgress: 0 }, complete, ''],
    ['a phase of setup', { SystemSetupInProgress: 1, OOBEInProgress: 0 }, complete, 'SystemSetupInProgress'],
    ['the first run', { SystemSetupInProgress: 0, OOBEInProgress: 1 }, complete, 'OOBEInProgress'],
    [
      'the state of the image',
      { SystemSetupInProgress: 0 },
      { [STATE]: { ImageState: 'IMAGE_STATE_SPECIALIZE_RESEAL_TO_OOBE' } },
      'IMAGE_STATE_SPECIALIZE_RESEAL_TO_OOBE',
    ],
    ['no state at all', {}, {}, ''],
  ])('is told in one line: %s', async (_, setup, state, told) => {
    const { value } = await run('setup-state', null, { registry: { [SETUP]: setup, ...state } })
    expect(value).toBe(told)
  })
})

describe('the end of an image’s first start', described, () => {
  const registry = {
    ...windows({}),
    'HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion': {
      CurrentBuildNumber: '26100',
      UBR: 1,
      EditionID: 'Professional',
    },
  }

  it('leaves a task that tells the host of each later start', async () => {
    const { tasks, value, recovery, accounts } = await run('finish-guest', '# the publisher', {
      registry,
      culture: 'en-US',
    })
    expect(value).toMatchObject({ build: '26100.1', edition: 'Professional', pending: [] })
    const script = join(folder, 'ringzero', 'publish-start.ps1')
    expect(await readFile(script, 'utf8')).toBe('# the publisher')
    expect(recovery).toContain('<CloudRemediation state="0"/><AutoRemediation state="0"/>')
    // Refusals while a start has no accounts yet would lock them.
    expect(accounts).toBe('accounts /lockoutthreshold:0')
    expect(tasks).toMatchObject([{ path: '\\ringzero-publish-start', flags: 6, user: 'S-1-5-18', logon: 5 }])
    expect(String(tasks[0]?.['xml'])).toContain('<BootTrigger>')
  })

  it('starts that task’s script as a command, which no policy for scripts refuses', async () => {
    const { tasks } = await run('finish-guest', '# the publisher', { registry, culture: 'en-US' })
    const xml = String(tasks[0]?.['xml'])
    const encoded = /-EncodedCommand ([A-Za-z0-9+/=]+)</.exec(xml)?.[1] ?? ''
    const script = join(folder, 'ringzero', 'publish-start.ps1')
    expect(Buffer.from(encoded, 'base64').toString('utf16le')).toBe(
      `& ([scriptblock]::Create([IO.File]::ReadAllText('${script}')))`,
    )
    expect(xml).not.toContain('-File')
  })

  it('gives the event logs their size through their own service, or says which it could not', async () => {
    const finish = (channels: readonly string[]): Promise<Done> =>
      run('finish-guest', '#', { registry, culture: 'en-US' }, [channels, 64 * 1024 * 1024])
    expect((await finish(['A/Operational', 'B/Operational'])).logs).toEqual([
      'set-log A/Operational /maxsize:67108864',
      'set-log B/Operational /maxsize:67108864',
    ])
    await expect(finish(['A/Operational', 'Missing/Operational'])).rejects.toThrow(
      'wevtutil.exe set-log failed for Missing/Operational (15007)',
    )
  })
})
