/** Probes on whom the kernel trusts, where drivers lie and who may write: run by the real engine against a described Windows. */
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { assetPath } from '../../../../src/kit/assets.ts'
import { windowsGuestOs } from '../../../../src/plugins/guests/windows/windows-guest-os.ts'
import { windowsGuest } from '../../../../src/plugins/guests/windows/windows-guest.ts'
import type { Channel } from '../../../../src/sdk/channel.ts'
import type { ProtectionFacts } from '../../../../src/sdk/windows-guest.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'
import { powerShellGuest } from '../../../stand-ins/powershell-guest.ts'
import { notOnWindows } from '../../../windows-host/not-on-windows.ts'

const onLinux = notOnWindows('a Windows that a file describes, in the engine of Linux')

vi.setConfig({ testTimeout: 300_000 })

const EVALUATION = '784c4414-79f4-4c32-a6a5-f0fb42a51d0d'
const ENFORCED = '8F9CB695-5D48-48D6-A329-7202B44607E3'
let windows: string

beforeAll(async () => {
  windows = await mkdtemp(join(tmpdir(), 'rz-windows-'))
  await mkdir(join(windows, 'Temp'))
})
afterAll(() => rm(windows, { recursive: true, force: true }))

const described = (description: object): Promise<Channel> =>
  powerShellGuest(JSON.stringify({ cim: {}, registry: {}, ...description }), windows)

async function protection(description: object): Promise<ProtectionFacts> {
  return await windowsGuest.protection(await described(description), testContext(200))
}

describe('whom the kernel trusts', onLinux, () => {
  const policy = (PolicyID: string, IsEnforced: boolean, IsAuthorized = true): object => ({
    PolicyID,
    IsEnforced,
    IsAuthorized,
  })

  it.each([
    ['evaluation', [policy(EVALUATION, true), policy(ENFORCED, false)]],
    ['enforced', [policy(EVALUATION, false), policy(ENFORCED, true)]],
    ['absent', [policy('d2bda982-ccf6-4344-ac5b-0b44427b6816', true), policy(ENFORCED, true, false)]],
  ])('is told by the policy that is active: %s', async (driverPolicy, ciPolicies) => {
    expect(await protection({ ciPolicies })).toMatchObject({ driverPolicy })
  })

  it('is no policy on a Windows that has not got the program to list them, and no certificate without UEFI', async () => {
    expect(await protection({})).toMatchObject({ driverPolicy: 'absent', secureBootCertificates: [] })
  })

  it('is told by the certificates of the firmware, those that it revoked among them', async () => {
    const firmware = {
      db: 'x Microsoft Windows Production PCA 2011 y Windows UEFI CA 2023 z',
      dbx: 'Microsoft Windows Production PCA 2011',
    }
    expect((await protection({ firmware })).secureBootCertificates).toEqual([
      'Microsoft Windows Production PCA 2011',
      'Windows UEFI CA 2023',
      'revoked Microsoft Windows Production PCA 2011',
    ])
  })
})

describe('where a driver lies', onLinux, () => {
  it('is told in any case of letters and in each form that the service controller has', async () => {
    const paths: Readonly<Record<string, string>> = {
      a: '\\SystemRoot\\System32\\drivers\\a.sys',
      b: '\\SYSTEMROOT\\system32\\drivers\\b.sys',
      c: 'System32\\drivers\\c.sys',
      d: 'SYSTEM32\\drivers\\d.sys',
      e: '\\??\\C:\\Acme\\e.sys',
      f: 'C:\\Acme\\f.sys',
    }
    const drivers = Object.entries(paths).map(([Name, PathName]) => ({
      Name,
      PathName,
      State: 'Running',
      StartMode: 'Boot',
    }))
    const guest = await described({ cim: { Win32_SystemDriver: drivers } })
    const found = await windowsGuestOs.drivers(guest, testContext(200))
    expect([...found].map(([name, facts]) => [name, facts['path']])).toEqual([
      ...['a', 'b'].map((name) => [
        name,
        expect.stringMatching(new RegExp(`^${windows}/system32.drivers.${name}.sys$`, 'i')) as string,
      ]),
      ...['c', 'd'].map((name) => [
        name,
        expect.stringMatching(new RegExp(`^${windows}/system32.drivers.${name}.sys$`, 'i')) as string,
      ]),
      ['e', 'C:\\Acme\\e.sys'],
      ['f', 'C:\\Acme\\f.sys'],
    ])
  })
})

describe('the folder that files are sent into', onLinux, () => {
  const asked = `param($Parameters)
$folder = & ([ScriptBlock]::Create([string]$Parameters.script)) @{}
@{ path = $folder.path; access = $global:StandInAccess }`

  it('may be written by the system and by administrators, and inherits nothing', async () => {
    const script = await readFile(assetPath('plugins/guests/windows/scripts/transfer-folder.ps1'), 'utf8')
    const guest = await described({})
    const made = (await windowsGuest.runScript(
      { name: 'transfer-folder', text: asked },
      { script },
      guest,
      testContext(200),
    )) as { readonly path: string; readonly access: string }
    expect(made.access).toBe('D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA) Access')
    expect(await readdir(join(windows, 'Temp'))).toContain(basename(made.path.replaceAll('\\', '/')))
  })

  it('is not used when somebody wrote into it before it was closed to others', async () => {
    const guest = await described({ planted: true })
    await expect(windowsGuestOs.transferFolder(guest, testContext(200))).rejects.toThrow(
      'somebody else wrote',
    )
  })
})
