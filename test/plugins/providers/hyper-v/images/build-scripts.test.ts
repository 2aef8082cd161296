/** The scripts of a build, run by the real PowerShell engine on a host that a killed build left in disorder. */
import { lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { assetPath } from '../../../../../src/kit/assets.ts'
import { OFFLINE_SETTINGS } from '../../../../../src/plugins/providers/hyper-v/images/offline-settings.ts'
import { PowerShellSession } from '../../../../../src/plugins/providers/hyper-v/powershell-session.ts'
import { testContext } from '../../../../stand-ins/local-guest.ts'
import { powerShellHost } from '../../../../stand-ins/powershell-host/powershell-host.ts'
import { notOnWindows } from '../../../../windows-host/not-on-windows.ts'

const described = notOnWindows('a host that a module describes, in the engine of Linux')

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const NOTES = 'ringzero: first start of image k'
const NOBODY = 999_999_999
const script = (name: string): string => assetPath(`plugins/providers/hyper-v/images/scripts/${name}.ps1`)

let folder: string
let session: PowerShellSession
let parameters: Readonly<Record<string, unknown>>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rz-build-scripts-'))
  await mkdir(join(folder, 'host', 'volume'), { recursive: true })
  await mkdir(join(folder, 'build', 'mount'), { recursive: true })
  for (const name of [
    'machines',
    'hives',
    'attached',
    'calls',
    'disk-policy',
    'shutdown-service',
    'setup-says',
  ])
    await writeFile(join(folder, 'host', name), '')
  session = new PowerShellSession({
    executable: await powerShellHost(),
    environment: {
      RINGZERO_IMAGE_HOST: join(folder, 'host'),
      POWERSHELL_HOST_MODULES: join(import.meta.dirname, 'stand-in-image-host.psm1'),
    },
  })
  const build = join(folder, 'build')
  await writeFile(join(folder, 'win.iso'), 'media')
  parameters = {
    name: 'rz-image-k',
    notes: NOTES,
    folder: build,
    iso: join(folder, 'win.iso'),
    disk: join(build, 'disk.vhdx'),
    mountFolder: join(build, 'mount'),
    index: 1,
    sizeBytes: 64 * 1024 ** 3,
    generation: 2,
    drivers: [],
    updates: [],
    language: '',
    texts: false,
    settings: OFFLINE_SETTINGS,
  }
})
afterEach(async () => {
  session.kill()
  await rm(folder, { recursive: true, force: true })
})

/** Leaves lines in one of the host's files. */
function leave(file: string, ...content: string[]): Promise<void> {
  return writeFile(join(folder, 'host', file), `${content.join('\n')}\n`)
}

async function lines(file: string): Promise<string[]> {
  const text = await readFile(join(folder, 'host', file), 'utf8')
  return text.split('\n').filter((line) => line !== '')
}

/** Runs one script of the build; the answer is what the host was told to do. */
async function run(name: string, secrets?: Readonly<Record<string, string>>): Promise<string[]> {
  const libraries = ['machine-library', 'disk-library'].map((library) =>
    assetPath(`plugins/providers/hyper-v/scripts/${library}.ps1`),
  )
  const call = { script: script(name), libraries: [...libraries, script('leftovers')], parameters }
  await session.call(secrets === undefined ? call : { ...call, secrets }, testContext(200))
  return await lines('calls')
}

describe('applying an image', described, () => {
  it('formats the system’s partition before it gets its type, and tries again while its volume is not there yet', async () => {
    expect(await run('apply-image')).toEqual([
      'Mount-DiskImage',
      'Format-Volume 1 FAT32',
      'Set-Partition 1 {c12a7328-f81f-11d2-ba4b-00a0c93ec93b}',
      'Format-Volume 3 NTFS',
      'Add-PartitionAccessPath 1 letter',
      'Add-PartitionAccessPath 3 letter',
      'Expand-WindowsImage X:\\sources\\install.wim',
      'bcdboot.exe UEFI',
      'Dismount-DiskImage',
    ])
    expect(await lines('attached')).toEqual([])
  })

  it('says what DISM’s log says when DISM fails, and gives the disk back', async () => {
    parameters = { ...parameters, updates: ['broken.msu'] }
    await expect(run('apply-image')).rejects.toThrow(
      /applying the Unattend\.xml file.*dism\.log says: .*needs servicing stack 26100\.3/s,
    )
    expect(await lines('attached')).toEqual([])
  })

  it('makes the folder that bcdboot of recent builds does not make, also for a BIOS', async () => {
    parameters = { ...parameters, generation: 1 }
    expect(await run('apply-image')).toContain('bcdboot.exe BIOS')
  })

  it('refuses a boot store that names another volume than the disk’s own', async () => {
    await leave('wrong-volume')
    await expect(run('apply-image')).rejects.toThrow(/named another volume than S:.*partition=C:/)
    expect(await lines('attached')).toEqual([])
  })

  it('writes to a disk that the host’s policy for new disks keeps offline and read-only', async () => {
    await leave('disk-policy', 'offline', 'read-only')
    expect(await run('apply-image')).toContain('bcdboot.exe UEFI')
    expect(await lines('disk-policy')).toEqual([])
  })

  it('gives the media a letter where the host gives it none', async () => {
    await leave('automount-off')
    expect((await run('apply-image')).slice(0, 2)).toEqual([
      'Mount-DiskImage',
      'mountvol.exe Z:\\ \\\\?\\Volume{b9f6d5a0-0000-0000-0000-000000000000}\\',
    ])
  })

  it.each([
    ['with our notes', NOTES],
    ['without notes, from a kill right after it was made', ''],
  ])('removes the machine of a first start that was killed, %s', async (_, notes) => {
    await leave('machines', `rz-image-k|${notes}|${folder}/build/rz-image-k|Running`)
    expect((await run('apply-image')).slice(0, 2)).toEqual(['Stop-VM -TurnOff', 'Remove-VM'])
    expect(await lines('machines')).toEqual([])
  })

  it('leaves a machine of that name alone that somebody else made', async () => {
    const theirs = 'rz-image-k|mine|/elsewhere|Running'
    await leave('machines', theirs)
    await expect(run('apply-image')).rejects.toThrow('was not made by ringzero')
    expect(await lines('machines')).toEqual([theirs])
  })

  it('gives back what a killed build holds: hives, disk, media, and folders that are still mount points', async () => {
    const { disk, iso } = parameters as { readonly disk: string; readonly iso: string }
    await leave('hives', `rz-${NOBODY}-1-SYSTEM`, `rz-${NOBODY}-1-SOFTWARE`)
    await leave('attached', disk, iso)
    await writeFile(disk, 'half')
    await writeFile(join(folder, 'build', 'mounted-media'), iso)
    for (const name of ['system', 'windows'])
      await symlink(join(folder, 'host', 'volume'), join(folder, 'build', 'mount', name))
    expect((await run('apply-image')).slice(0, 4)).toEqual([
      `reg.exe unload rz-${NOBODY}-1-SYSTEM`,
      `reg.exe unload rz-${NOBODY}-1-SOFTWARE`,
      'Dismount-DiskImage',
      'Mount-DiskImage',
    ])
    expect(await lines('attached')).toEqual([])
    await expect(lstat(join(folder, 'build', 'mount', 'windows'))).rejects.toThrow('ENOENT')
  })
})

describe('looking at media', described, () => {
  it('dismounts what it mounted, and nothing that somebody else has open', async () => {
    expect(await run('inspect-media')).toEqual(['Mount-DiskImage', 'Dismount-DiskImage'])
    await leave('attached', String(parameters['iso']))
    expect(await run('inspect-media')).toHaveLength(2)
    expect(await lines('attached')).toEqual([parameters['iso']])
  })
})

describe('writing settings', described, () => {
  it('writes each value into its key', async () => {
    await writeFile(String(parameters['disk']), 'applied')
    const done = await run('write-settings', { answerFile: '<unattend/>' })
    const own = done.flatMap((line) => /^(rz-\d+-\d+)-SYSTEM\\/.exec(line)?.[1] ?? [])[0] ?? ''
    expect(done).toContain(
      `${own}-SYSTEM\\ControlSet001\\Control\\SafeBoot\\Minimal\\vmickvpexchange [] = String Service`,
    )
    expect(done.filter((line) => line.startsWith('rz-'))).toHaveLength(OFFLINE_SETTINGS.length)
    expect(await lines('hives')).toEqual([])
    expect(await lines('attached')).toEqual([])
  })

  it('unloads hives of processes that are gone, and not those of a build that runs', async () => {
    await writeFile(String(parameters['disk']), 'applied')
    const began = Math.round(Date.now() / 1000 - process.uptime())
    const running = `rz-${process.pid}-${began}-SYSTEM`
    // The number of a process that ended is soon another's.
    const reused = `rz-${process.pid}-${began - 600}-SYSTEM`
    await leave('hives', `rz-${NOBODY}-1-SYSTEM`, reused, running)
    // The stand-in's disk is held by any hive.
    await expect(run('write-settings', { answerFile: '<unattend/>' })).rejects.toThrow(
      'a hive of it is loaded',
    )
    expect(await lines('hives')).toEqual([running])
  })
})

describe('the first start', described, () => {
  beforeEach(async () => {
    await leave('setup-says', '')
    parameters = {
      ...parameters,
      seconds: 60,
      user: 'u',
      tpm: true,
      finishScript: script('finish-guest'),
      publishScript: script('publish-start'),
      setupScript: script('setup-state'),
      channels: [],
      logBytes: 1,
    }
  })

  it('says on the machine whose it is before anything else, and removes it when the start fails', async () => {
    await leave('first-start-fails', 'setup broke')
    await expect(run('first-start', { password: 'p' })).rejects.toThrow('setup broke')
    const done = await lines('calls')
    expect(done.slice(0, 2)).toEqual(['New-VM', 'Set-VM -Notes'])
    expect(done.slice(-2)).toEqual(['Stop-VM -TurnOff', 'Remove-VM'])
    expect(await lines('machines')).toEqual([])
  })

  it('waits for all of setup, and shuts the guest down as soon as it can be asked: the power is never cut', async () => {
    await leave('setup-says', 'SystemSetupInProgress', 'OOBEInProgress', 'IMAGE_STATE_UNDEPLOYABLE', '')
    await leave('shutdown-service', 'not there yet')
    const done = await run('first-start', { password: 'p' })
    expect(done.slice(done.indexOf('Start-VM') + 1)).toEqual([
      'setup says SystemSetupInProgress',
      'setup says OOBEInProgress',
      'setup says IMAGE_STATE_UNDEPLOYABLE',
      'setup says ',
      'finish-guest',
      'InitiateShutdown',
      'Remove-VM',
    ])
  })
})
