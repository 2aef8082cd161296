import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../../../src/kit/hash.ts'
import { windowsContentInstaller } from '../../../../src/plugins/installers/windows/content.ts'
import { windowsDriverInstaller } from '../../../../src/plugins/installers/windows/driver.ts'
import { exitCodesOf, explainExitCode } from '../../../../src/plugins/installers/windows/exit-codes.ts'
import { windowsMsiInstaller } from '../../../../src/plugins/installers/windows/msi.ts'
import { windowsScriptInstaller } from '../../../../src/plugins/installers/windows/script.ts'
import { windowsServicingInstaller } from '../../../../src/plugins/installers/windows/servicing.ts'
import type { Artifact, Target, UndoRecord } from '../../../../src/sdk/installer.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'
import { healthyWindows, windowsTarget, type ScriptedWindows } from '../../../stand-ins/scripted-windows.ts'

let folder: string
let guest: ScriptedWindows
let target: Target

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rz-windows-installer-'))
  guest = healthyWindows()
  target = windowsTarget(guest, (path) => path.split(/[\\/]/).at(-1) ?? '')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function artifact(kind: string, names: string[], recipe: Artifact['recipe'] = {}): Promise<Artifact> {
  for (const name of names) await writeFile(join(folder, name), name)
  const files = names.map((path) => ({ path, sha256: sha256(path) }))
  return { id: 'acme', kind, release: '1', folder, files, recipe }
}

/** Time passes at once, so that pauses between tries cost nothing. */
function fast(): ReturnType<typeof testContext> {
  const base = testContext()
  let now = base.clock.now()
  return { ...base, clock: { now: () => now, sleep: async (ms) => void (now += ms / 100) } }
}

describe('a driver package', () => {
  const store = { published: 'oem7.inf', original: 'ACME.inf', version: '1.0', provider: 'Acme' }
  const other = { published: 'oem3.inf', original: 'acme.inf', version: '0.9', provider: 'Acme' }

  beforeEach(() => {
    guest.packages = [other]
    guest.run = (program, words) => {
      if (program !== 'pnputil.exe') return 1
      if (words[0] === '/add-driver') guest.packages.push(store)
      if (words[0] === '/delete-driver')
        guest.packages = guest.packages.filter((entry) => entry.published !== words[1])
      return words[0] === '/add-driver' ? 3010 : 0
    }
  })

  it('is added, proven and taken out by its published name; one that was there before stays', async () => {
    const driver = await artifact('driver', ['acme.inf', 'acme.sys', 'acme.cat'])
    const remembered: UndoRecord[] = []
    const applied = await windowsDriverInstaller.apply(
      driver,
      { ...target, remember: async (undo) => void remembered.push(undo) },
      fast(),
    )
    expect(applied).toMatchObject({ restartDue: true, fact: { outcome: 'reboot', exitCode: 3010 } })
    expect(guest.ran[0]).toBe('pnputil.exe /add-driver C:\\Windows\\Temp\\ringzero-1\\acme.inf /install')
    // Before the first change, and before the command that may restart the machine by itself.
    expect(remembered).toEqual([
      applied.undo,
      { ...applied.undo, folder: 'C:\\Windows\\Temp\\ringzero-1', command: 0 },
    ])
    expect((await windowsDriverInstaller.verify(driver, target, fast())).every(({ holds }) => holds)).toBe(
      true,
    )
    const removed = await windowsDriverInstaller.remove(driver, applied.undo, target, fast())
    expect(removed.fact.outcome).toBe('ok')
    expect(guest.ran.slice(1)).toEqual(['pnputil.exe /delete-driver oem7.inf /uninstall /force'])
    expect(guest.packages).toEqual([other])
  })

  it('is proven by the device that runs it', async () => {
    const driver = await artifact('driver', ['acme.inf', 'acme.sys'])
    const inf = [
      '[Version]',
      'DriverVer=07/01/2026,1',
      '[Manufacturer]',
      'Acme=Acme',
      '[Acme]',
      'Card=Install,PCI\\VEN_1234',
    ]
    await writeFile(join(folder, 'acme.inf'), inf.join('\n'))
    const device = { id: 'PCI\\VEN_1234\\1', inf: 'oem3.inf', classGuid: '', problem: 0 }
    guest.scripts['devices'] = { product: 1, devices: device }
    await windowsDriverInstaller.apply(driver, target, fast())
    const broken = async (): Promise<string[]> =>
      (await windowsDriverInstaller.verify(driver, target, fast()))
        .filter(({ holds }) => !holds)
        .map(({ expected, seen }) => `${expected}: ${seen}`)
    expect(await broken()).toEqual(['runs oem7.inf, without a problem: runs oem3.inf, problem code 0'])
    guest.scripts['devices'] = { product: 1, devices: { ...device, inf: 'oem7.inf' } }
    expect(await broken()).toEqual([])
    // Only the package of before is left.
    guest.packages = [other]
    expect(await broken()).toEqual(['version 1 is in the driver store: not in the driver store'])
  })

  it('that no device takes is in the store or not, whatever its exit code', async () => {
    guest.packages = []
    guest.run = () => 259
    const driver = await artifact('driver', ['acme.inf', 'acme.sys'])
    const applied = await windowsDriverInstaller.apply(driver, target, fast())
    expect(applied.fact).toMatchObject({ outcome: 'ok', exitCode: 259 })
    expect(applied.fact.detail).toContain('no device matched')
    const verified = async (): Promise<boolean[]> =>
      (await windowsDriverInstaller.verify(driver, target, fast())).map(({ holds }) => holds)
    expect(await verified()).toEqual([false])
    guest.packages = [store]
    expect(await verified()).toEqual([true])
  })

  it('takes only files off a dead disk that were not there before', async () => {
    guest.files.set('C:\\Windows\\System32\\drivers\\old.sys', 'theirs')
    const driver = await artifact('driver', ['acme.inf', 'acme.sys', 'old.sys'])
    const { undo } = await windowsDriverInstaller.apply(driver, target, fast())
    expect(windowsDriverInstaller.offlineUndo?.(driver, undo)).toEqual([
      { path: 'C:\\Windows\\System32\\drivers\\acme.sys', content: undefined },
    ])
  })
})

describe('a Windows Installer package', () => {
  it('is installed quietly with a log and taken out with the same package', async () => {
    const msi = await artifact('msi', ['my app.msi'])
    const { undo, fact } = await windowsMsiInstaller.apply(msi, target, fast())
    expect(fact.outcome).toBe('ok')
    await windowsMsiInstaller.remove(msi, undo, target, fast())
    const quiet = '/qn /norestart REBOOT=ReallySuppress /l*vx C:\\Windows\\Temp\\ringzero-msi.log'
    const file = 'C:\\Windows\\Temp\\ringzero-1\\my app.msi'
    expect(guest.ran).toEqual([`msiexec.exe /i ${file} ${quiet}`, `msiexec.exe /x ${file} ${quiet}`])
  })

  it('is tried again while another installation runs, and not for ever', async () => {
    guest.run = () => 1618
    const { fact } = await windowsMsiInstaller.apply(await artifact('msi', ['a.msi']), target, fast())
    expect(fact).toMatchObject({ outcome: 'retry', exitCode: 1618 })
    expect(guest.ran).toHaveLength(4)
  })

  it('is proven by its product code, not by an exit code', async () => {
    const productCode = '{AC76BA86-7AD7-1033-7B44-AC0F074E4100}'
    const msi = await artifact('msi', ['a.msi'], { verify: { productCode } })
    expect((await windowsMsiInstaller.verify(msi, target, fast())).map(({ holds }) => holds)).toEqual([false])
    guest.programs = [{ id: productCode.toLowerCase(), name: 'Acme', version: '7' }]
    expect((await windowsMsiInstaller.verify(msi, target, fast())).map(({ holds }) => holds)).toEqual([true])
  })
})

describe('an update of Windows', () => {
  it('is handed to DISM as it is on newer builds and unpacked on older ones', async () => {
    const msu = await artifact('msu', ['kb.msu'])
    await windowsServicingInstaller.apply(msu, target, fast())
    guest.boot = { ...guest.boot, build: '19045.5000' }
    await windowsServicingInstaller.apply(msu, target, fast())
    expect(guest.ran.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'dism.exe /Online /Add-Package',
      'cmd.exe /d /c',
      'expand.exe -F:Windows*.cab C:\\Windows\\Temp\\ringzero-1\\kb.msu',
      'dism.exe /Online /Add-Package',
    ])
  })

  it('that brings its servicing stack adds that one first, from a folder without an .msu', async () => {
    guest.boot = { ...guest.boot, build: '19045.5000' }
    const msu = await artifact('msu', ['kb.msu'])
    await writeFile(
      join(folder, 'kb.msu'),
      cabinetOf('WSUSSCAN.cab', 'Windows10.0-KB1-x64.cab', 'SSU-1-x64.cab'),
    )
    await windowsServicingInstaller.apply(
      { ...msu, files: [{ path: 'kb.msu', sha256: sha256('kb.msu') }] },
      target,
      fast(),
    )
    const files = 'C:\\Windows\\Temp\\ringzero-1'
    expect(guest.ran).toEqual([
      `cmd.exe /d /c mkdir ${files}\\cabinets`,
      `expand.exe -F:SSU-1-x64.cab ${files}\\kb.msu ${files}\\cabinets`,
      `expand.exe -F:Windows10.0-KB1-x64.cab ${files}\\kb.msu ${files}\\cabinets`,
      `dism.exe /Online /Add-Package /PackagePath:${files}\\cabinets\\SSU-1-x64.cab /Quiet /NoRestart`,
      `dism.exe /Online /Add-Package /PackagePath:${files}\\cabinets\\Windows10.0-KB1-x64.cab /Quiet /NoRestart`,
    ])
  })

  it('is not applied when it is already there or does not fit, signed or unsigned', async () => {
    for (const code of [-2146498530, 0x800f081e, 0x240006]) {
      guest.run = () => code
      const { fact } = await windowsServicingInstaller.apply(await artifact('cab', ['x.cab']), target, fast())
      expect(fact).toMatchObject({ outcome: 'not-applied', exitCode: code >>> 0 })
    }
  })

  it('is there when Windows says Installed and shows its build', async () => {
    const name = 'Package_for_RollupFix~31bf3856ad364e35~amd64~~26100.4652.1.2'
    const update = await artifact('msu', ['kb.msu'], {
      verify: { build: '26100.4652', package: 'Package_for_RollupFix' },
    })
    guest.servicing = { ...guest.servicing, packages: { [name]: 'InstallPending' } }
    expect(
      (await windowsServicingInstaller.verify(update, target, fast())).map(({ holds }) => holds),
    ).toEqual([true, false])
    guest.servicing = { ...guest.servicing, packages: { [name]: 'Installed' } }
    const undo = { placed: [] }
    await windowsServicingInstaller.remove(update, undo, target, fast())
    expect(guest.ran.at(-1)).toBe(`dism.exe /Online /Remove-Package /PackageName:${name} /Quiet /NoRestart`)
  })
})

/** The header and the directory of a cabinet that holds these files ([MS-CAB] 2.1, 2.3). */
function cabinetOf(...names: string[]): Buffer {
  const header = Buffer.alloc(44)
  header.write('MSCF')
  header.writeUInt32LE(44, 16)
  header.writeUInt16LE(names.length, 28)
  return Buffer.concat([
    header,
    ...names.flatMap((name) => [Buffer.alloc(16), Buffer.from(`${name}\0`)]),
    Buffer.alloc(100),
  ])
}

describe('what a guest spells in its own way', () => {
  it('is found: services and paths of Windows ignore case', async () => {
    const content = await artifact('content', ['a.dat'], {
      install: { place: [{ file: 'a.dat', to: 'C:\\ProgramData\\Acme\\a.dat' }] },
      verify: { services: ['acmesensor'], files: [{ path: 'C:\\PROGRAMDATA\\acme\\a.dat', file: 'a.dat' }] },
    })
    guest.services = [{ name: 'AcmeSensor', state: 'running', wanted: true, restarts: 0 }]
    const os = {
      ...target.os,
      files: async () => ({
        files: new Map([['C:\\ProgramData\\Acme\\A.dat', { sha256: sha256('a.dat'), size: 5 }]]),
        cut: 0,
      }),
    }
    const facts = await windowsContentInstaller.verify(content, { ...target, os }, fast())
    expect(facts.map(({ holds }) => holds)).toEqual([true, true])
  })

  it.each([
    ['7.11.1', '7.11.1.0', true],
    ['7.11.01', '7.11.1.0', true],
    ['7.11.1', '7.11.10.0', false],
    ['7.11.1', undefined, false],
  ])('is compared as numbers: version %s of a file that has %s', async (version, found, holds) => {
    const path = 'C:\\Acme\\a.sys'
    const exe = await artifact('exe', ['setup.exe'], {
      install: { run: [{ program: '${files}\\setup.exe', arguments: [] }] },
      verify: { files: [{ path, version }] },
    })
    guest.files.set(path, 'x')
    guest.scripts['file versions'] = found === undefined ? {} : { [path]: found }
    const facts = await windowsScriptInstaller.verify(exe, target, fast())
    expect(facts.filter(({ subject }) => subject.startsWith('installed:version:'))).toMatchObject([{ holds }])
  })

  it('is no loss on arrival: the second folder of one name in two cases is the first one', async () => {
    const content = await artifact('content', ['a.dat'], {
      install: { place: [{ file: 'a.dat', to: 'C:\\Acme\\a.dat' }] },
    })
    const os = {
      ...target.os,
      files: async () => ({
        files: new Map([['C:\\Windows\\Temp\\ringzero-1\\A.DAT', { sha256: sha256('a.dat'), size: 5 }]]),
        cut: 0,
      }),
    }
    guest.scripts['placement look'] = { states: { kind: 'absent', size: 0, missingFolders: 1 } }
    expect((await windowsContentInstaller.apply(content, { ...target, os }, fast())).fact.outcome).toBe('ok')
  })
})

describe('other packages', () => {
  it('are refused when nothing says what to do with them', async () => {
    await expect(
      windowsScriptInstaller.apply(await artifact('exe', ['setup.exe']), target, fast()),
    ).rejects.toMatchObject({
      code: 'RECIPE_INCOMPLETE',
      fault: 'user',
    })
    await expect(
      windowsMsiInstaller.apply(await artifact('msi', ['a.msi', 'b.msi']), target, fast()),
    ).rejects.toMatchObject({
      hint: 'name it as "main"',
    })
  })

  it('fail and say so when the guest refuses to place a file', async () => {
    guest.scripts['placement look'] = { states: { kind: 'folder', size: 0, missingFolders: 0 } }
    const content = await artifact('content', ['291.bin'], {
      install: { place: [{ file: '291.bin', to: 'C:\\Acme\\291.bin' }] },
    })
    const { fact } = await windowsContentInstaller.apply(content, target, fast())
    expect(fact).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('is a folder') as string,
    })
  })
})

describe('an exit code', () => {
  it('means the same signed and unsigned', () => {
    expect(exitCodesOf('dism')['-2146498530']).toBe('not-applied')
    expect(exitCodesOf('dism')['2148468766']).toBe('not-applied')
    expect(explainExitCode('dism', -2146498530)).toContain('dism 0x800f081e: not applicable')
    expect(explainExitCode('msiexec', 4711)).toBe('msiexec 4711: meaning unknown')
  })

  it.each([
    ['msiexec', [1601, 1604, 3017, 0x80070643]],
    ['dism', [50, 87, 14098, 0x800f081f]],
    ['pnputil', [0xe000022f, 0xe0000247]],
  ] as const)('of %s that people meet is named', (tool, codes) => {
    for (const code of codes) {
      expect(explainExitCode(tool, code)).not.toContain('unknown')
      expect(explainExitCode(tool, code | 0)).toBe(explainExitCode(tool, code))
    }
  })
})
