/** The script that places files, run by the real PowerShell engine on this computer's own files. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { windowsGuest } from '../../../../src/plugins/guests/windows/windows-guest.ts'
import { windowsPlacer } from '../../../../src/plugins/installers/windows/placer.ts'
import type { Channel } from '../../../../src/sdk/channel.ts'
import { powerShellGuest } from '../../../stand-ins/powershell-guest.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'
import { notOnWindows } from '../../../windows-host/not-on-windows.ts'

const described = notOnWindows('a Windows that a file describes, in the engine of Linux')

let folder: string
let guest: Channel

// Each question starts the engine anew, which takes seconds on a busy computer.
vi.setConfig({ testTimeout: 300_000 })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rz-placement-'))
  guest = await powerShellGuest('{"registry":{},"cim":{}}')
}, 300_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

it(
  'replaces a file, makes folders for a new one, and takes both back, whatever they are called',
  described,
  async () => {
    const placer = windowsPlacer(windowsGuest)
    const old = join(folder, `it's $(a) "name" ü.bin`)
    const fresh = join(folder, 'new', 'deep', 'file.bin')
    await mkdir(join(folder, 'from'))
    await writeFile(join(folder, 'from', 'content'), 'new content')
    await writeFile(old, 'old')
    expect(await placer.look([old, fresh, folder], guest, testContext(200))).toMatchObject([
      { kind: 'file', size: 3, missingFolders: 0 },
      { kind: 'absent', missingFolders: 2 },
      { kind: 'folder' },
    ])
    const from = join(folder, 'from', 'content')
    await placer.place(
      [
        { from, to: old },
        { from, to: fresh },
      ],
      guest,
      testContext(200),
    )
    expect(await readFile(old, 'utf8')).toBe('new content')
    expect(await readFile(fresh, 'utf8')).toBe('new content')
    await placer.drop([{ path: fresh, folders: 2 }], guest, testContext(200))
    expect((await readdir(folder)).sort()).toEqual(['from', old.slice(folder.length + 1)].sort())
    await expect(
      placer.place([{ from: join(folder, 'gone'), to: old }], guest, testContext(200)),
    ).rejects.toThrow('cannot be read')
    expect(await readFile(old, 'utf8')).toBe('new content')
  },
)
