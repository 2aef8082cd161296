/** The disk of a machine that is off, opened by the real engine: what is found on it, and what it never does to it. */
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { assetPath } from '../../../../src/kit/assets.ts'
import { sha256File } from '../../../../src/kit/hash.ts'
import { guestDisk } from '../../../../src/plugins/providers/hyper-v/guest-disk.ts'
import { PowerShellSession } from '../../../../src/plugins/providers/hyper-v/powershell-session.ts'
import type { OfflineDisk } from '../../../../src/sdk/provider.ts'
import { powerShellHost } from '../../../stand-ins/powershell-host/powershell-host.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'
import { standInHost, type StandInHost } from '../../../stand-ins/stand-in-host.ts'
import { notOnWindows } from '../../../windows-host/not-on-windows.ts'

const linux = notOnWindows('disks of the stand-in host, which programs of Linux make')

const DUMP = 'C:\\Windows\\MEMORY.DMP'
let host: StandInHost
let number = 0

beforeAll(async () => {
  host = await standInHost()
}, 300_000)
afterAll(() => host.close())

interface Opened {
  readonly parameters: Readonly<Record<string, unknown>>
  readonly disk: string
  readonly offline: OfflineDisk
}

async function openMachine(): Promise<Opened> {
  const { parameters } = await host.create({ network: { access: 'none' } })
  const offline = guestDisk(async (more) => await host.script('offline-disk', { ...parameters, ...more }))
  return { parameters, disk: String(parameters['disk']), offline }
}

async function readDump({ offline }: Opened): Promise<string | undefined> {
  const found = await offline.read(
    [DUMP, 'C:\\none'],
    join(host.folder, `read-${(number += 1)}`),
    testContext(),
  )
  expect([...found.keys()].filter((path) => path !== DUMP)).toEqual([])
  const local = found.get(DUMP)
  return local === undefined ? undefined : await readFile(local, 'utf8')
}

const change = { path: 'C:\\Windows\\added', content: Buffer.from('x') }
const identifiedAnew = (): Promise<string> =>
  readFile(join(host.folder, 'stand-in', 'identified-anew.txt'), 'utf8').catch(() => '')

/** Another process that has a disk mounted, or only the turn to mount one. */
async function another(what: {
  readonly turn: boolean
  readonly disk?: string
  readonly milliseconds: number
}): Promise<PowerShellSession> {
  const said = join(host.folder, `said-${(number += 1)}`)
  const session = new PowerShellSession({ executable: await powerShellHost() })
  const script = join(import.meta.dirname, 'scripts/hold-disk.ps1')
  const libraries = [assetPath('plugins/providers/hyper-v/scripts/disk-library.ps1')]
  const ended = session.call({ script, libraries, parameters: { ...what, said } }, testContext())
  ended.catch(() => undefined)
  await expect.poll(() => existsSync(said), { timeout: 30_000 }).toBe(true)
  return session
}

describe('a guest that crashed', linux, () => {
  it('is read with its file system’s log played back, on a copy: its disk stays as it was', async () => {
    const machine = await openMachine()
    const before = await sha256File(machine.disk)
    expect(await readDump(machine)).toBe('content of Windows/MEMORY.DMP')
    expect(await machine.offline.list('C:\\Windows', testContext())).toEqual(
      expect.arrayContaining(['MEMORY.DMP', 'config']),
    )
    expect(await machine.offline.list('C:\\none', testContext())).toBeUndefined()
    expect(await sha256File(machine.disk)).toBe(before)
    expect(existsSync(String(machine.parameters['mountFolder']))).toBe(false)
  })

  it('is read although an earlier look was cut off while it made its copy', async () => {
    const machine = await openMachine()
    const folder = String(machine.parameters['mountFolder'])
    await mkdir(folder)
    await writeFile(join(folder, 'reading.vhdx'), 'vhd')
    expect(await readDump(machine)).toBe('content of Windows/MEMORY.DMP')
  })

  it('has what could not be opened of it told, but not what never holds files', async () => {
    const machine = await openMachine()
    const told: unknown[] = []
    const ctx = { ...testContext(), log: { log: (...line: unknown[]) => void told.push(line) } }
    await machine.offline.list('C:\\Windows', ctx)
    expect(told).toEqual([])
    await host.wish('has-encrypted-partition')
    await machine.offline.list('C:\\Windows', ctx)
    await host.wish('has-encrypted-partition', false)
    expect(told).toEqual([
      ['warn', expect.any(String), { partition: 3, reason: expect.stringContaining('BitLocker') as string }],
    ])
  })

  it('loses a folder with all that is read-only in it', async () => {
    const machine = await openMachine()
    await machine.offline.write([{ path: 'C:\\Windows\\config', content: undefined }], testContext())
    expect(await machine.offline.list('C:\\Windows\\config', testContext())).not.toContain('SYSTEM')
  })
})

describe('a host whose policy keeps new disks offline', linux, () => {
  it('has a guest’s disk read and written all the same, under its own identifier', async () => {
    const machine = await openMachine()
    await host.wish('new-disks-stay-offline')
    try {
      expect(await readDump(machine)).toBe('content of Windows/MEMORY.DMP')
      await machine.offline.write([change], testContext())
      expect(await machine.offline.list('C:\\Windows', testContext())).toContain('added')
      expect(await identifiedAnew()).toBe('')
    } finally {
      await host.wish('new-disks-stay-offline', false)
    }
  }, 60_000)
})

describe('two disks of one image', linux, () => {
  let other: PowerShellSession | undefined
  afterEach(() => other?.kill())

  it('are opened one after the other', async () => {
    const [first, second] = [await openMachine(), await openMachine()]
    other = await another({ turn: true, disk: first.disk, milliseconds: 2000 })
    await second.offline.write([change], testContext())
    expect(await second.offline.list('C:\\Windows', testContext())).toContain('added')
    expect(await identifiedAnew()).toBe('')
  }, 60_000)

  it('go on when the process that had the turn is killed', async () => {
    const machine = await openMachine()
    other = await another({ turn: true, milliseconds: 60_000 })
    const written = machine.offline.write([change], testContext())
    // It waits by now: a turn that nobody waits for is gone with its owner, and was never abandoned.
    await setTimeout(2000)
    other.kill()
    await written
    expect(await machine.offline.list('C:\\Windows', testContext())).toContain('added')
  }, 60_000)

  it('never make the second one another disk: it is read on a copy, and not written', async () => {
    const [first, second] = [await openMachine(), await openMachine()]
    other = await another({ turn: false, disk: first.disk, milliseconds: 60_000 })
    const refused = {
      code: 'HOST_DISK_COLLISION',
      fault: 'host',
      hint: expect.stringContaining('sweep') as string,
    }
    await expect(second.offline.write([change], testContext())).rejects.toMatchObject(refused)
    await expect(host.script('safe-boot', second.parameters)).rejects.toMatchObject(refused)
    expect(await readDump(second)).toBe('content of Windows/MEMORY.DMP')
    expect(await identifiedAnew()).not.toContain(second.disk)
    other.kill()
    await host.script('destroy', first.parameters)
    await host.script('safe-boot', second.parameters)
    await rm(join(host.folder, 'stand-in', 'identified-anew.txt'))
  }, 60_000)
})
