import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { windowsGuestOs } from '../../../../src/plugins/guests/windows/windows-guest-os.ts'
import { makeDump64, makeUserDump } from './dump-bytes.ts'
import { haveSamples, samplePath } from './reference-samples.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rz-forensics-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function file(name: string, data: Buffer | string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, data)
  return path
}

describe('the disk of a machine that no longer starts', () => {
  it.runIf(haveSamples)(
    'tells the crash with its driver, and what the log says of the last starts',
    async () => {
      const read = await windowsGuestOs.readForensics(
        new Map([
          ['C:\\Windows\\Minidump\\022121-1.dmp', samplePath('triage_x64.dmp')],
          [
            'C:\\Windows\\System32\\winevt\\Logs\\System.evtx',
            samplePath('omerbenamram_zero-data-size-event.evtx'),
          ],
        ]),
      )
      expect(read.crashes).toMatchObject([
        { mechanism: 'bugcheck', title: 'SYSTEM_THREAD_EXCEPTION_NOT_HANDLED', module: 'amdppm.sys' },
      ])
      expect(read.entries.map(({ message }) => message)).toContainEqual(
        expect.stringContaining('damaged, and still read: 1 records'),
      )
      expect(read.entries.some(({ provider }) => provider === 'Service Control Manager')).toBe(true)
    },
  )

  it('names a crash once, reads the dump that images of ours write, and is silent about an unused one', async () => {
    const dump = makeDump64({ code: 0xd1, parameters: [1n, 2n, 0n, 3n] })
    const twice = await windowsGuestOs.readForensics(
      new Map([
        ['C:\\ringzero-dump.dmp', await file('dedicated', dump)],
        ['C:\\Windows\\MEMORY.DMP', await file('memory', dump)],
      ]),
    )
    expect(twice.crashes).toMatchObject([
      { title: 'DRIVER_IRQL_NOT_LESS_OR_EQUAL', path: 'C:\\ringzero-dump.dmp' },
    ])
    const unused = new Map([['C:\\ringzero-dump.dmp', await file('unused', Buffer.alloc(70_000))]])
    expect(await windowsGuestOs.readForensics(unused)).toMatchObject({ crashes: [], entries: [] })
  })

  it('turns what it cannot read into a note', async () => {
    const { crashes, entries } = await windowsGuestOs.readForensics(
      new Map([
        ['C:\\a.dmp', await file('process', makeUserDump(0xc000_0005, 0x2000_1234n))],
        ['C:\\b.dmp', await file('garbage', 'MZ')],
        ['C:\\c.evtx', await file('log', 'MZ')],
        ['C:\\d.evtx', join(folder, 'gone')],
        ['C:\\CBS.log', await file('cbs', 'text')],
      ]),
    )
    expect(crashes).toEqual([])
    expect(entries.map(({ message }) => message.slice(0, 100))).toEqual([
      expect.stringContaining('sensor.exe ended with 0xC0000005 in engine.dll'),
      expect.stringContaining('neither a kernel dump nor a process dump'),
      expect.stringContaining('not an event log'),
      expect.stringContaining('ENOENT'),
    ])
  })
})
