import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { windowsDumps } from '../../../src/plugins/collectors/windows-dumps.ts'
import { windowsGuestOs } from '../../../src/plugins/guests/windows/windows-guest-os.ts'
import type { CollectTarget, EvidenceSink } from '../../../src/sdk/collector.ts'
import type { Machine } from '../../../src/sdk/provider.ts'
import { makeDump64 } from '../guests/windows/dump-bytes.ts'
import { testContext } from '../../stand-ins/local-guest.ts'

let scratch: string
let saved: Map<string, Buffer>
let stopped: number
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'rz-dumps-'))
  saved = new Map()
  stopped = 0
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

const sink: EvidenceSink = {
  async save(name, _, data) {
    saved.set(name, Buffer.from(data))
    return `id:${name}`
  },
  async saveFile(name, _, path) {
    saved.set(name, await readFile(path))
    return `id:${name}`
  },
}

/** A machine that is off, whose disk holds these files. */
function deadMachine(files: ReadonlyMap<string, Buffer>): Pick<Machine, 'stop' | 'offlineDisk'> {
  return {
    stop: async () => void (stopped += 1),
    offlineDisk: {
      async read(paths, folder) {
        const found = new Map<string, string>()
        for (const [index, path] of paths.entries()) {
          const data = files.get(path)
          if (data === undefined) continue
          await writeFile(join(folder, `file-${index}`), data)
          found.set(path, join(folder, `file-${index}`))
        }
        return found
      },
      async list(folder) {
        const names = [...files.keys()].filter((path) => path.startsWith(`${folder}\\`))
        return names.length === 0 ? undefined : names.map((path) => path.slice(folder.length + 1))
      },
      write: async () => undefined,
    },
  }
}

function targetOf(
  machine: Pick<Machine, 'stop' | 'offlineDisk'>,
  more: Partial<CollectTarget> = {},
): CollectTarget {
  return {
    machine: machine as Machine,
    os: windowsGuestOs,
    final: true,
    candidatePaths: [],
    scratch,
    ...more,
  }
}

describe('dumps of a dead Windows', () => {
  const dump = makeDump64({
    code: 0x50,
    parameters: [1n, 0n, 0xffff_f801_0000_e14en, 0n],
    drivers: [{ name: '\\SystemRoot\\csagent.sys', base: 0xffff_f801_0000_0000n, size: 0x10_0000 }],
  })
  const machine = (): Pick<Machine, 'stop' | 'offlineDisk'> =>
    deadMachine(new Map([['C:\\Windows\\Minidump\\071924-1.dmp', dump]]))

  it('are found by listing, saved, and name the driver at fault', async () => {
    const facts = await windowsDumps.collect(targetOf(machine()), sink, testContext())
    expect(facts).toMatchObject([
      {
        fact: { kind: 'crash', title: 'PAGE_FAULT_IN_NONPAGED_AREA', module: 'csagent.sys' },
        evidence: ['id:dump-01-071924-1.dmp', 'id:dump-01-071924-1.dmp.json'],
      },
    ])
    expect(saved.get('dump-01-071924-1.dmp')?.equals(dump)).toBe(true)
    expect(stopped).toBe(1)
  })

  it('are not reported a second time, but kept', async () => {
    const known = { knownCrashes: ['PAGE_FAULT_IN_NONPAGED_AREA'] }
    expect(await windowsDumps.collect(targetOf(machine(), known), sink, testContext())).toEqual([])
    expect(saved.size).toBe(2)
  })

  it('are left alone while the machine is still needed', async () => {
    expect(await windowsDumps.collect(targetOf(machine(), { final: false }), sink, testContext())).toEqual([])
    expect(stopped).toBe(0)
  })
})
