/** Every crash dump that the tests have or make is opened by Microsoft's own debugger engine, and both say the same of it. */
import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { DEBUGGER_COMMANDS } from '../../../../src/plugins/collectors/debugger-text.ts'
import { blamedDriver } from '../../../../src/plugins/guests/windows/blamed-driver.ts'
import { explainBugCheck } from '../../../../src/plugins/guests/windows/bug-check.ts'
import { parseKernelDump, type KernelDump } from '../../../../src/plugins/guests/windows/kernel-dump.ts'
import {
  askEngine,
  noEngineBecause,
  type EngineAnswer,
  type Refusal,
} from '../../../debugger-engine/debugger-engine.ts'
import { makeDump32, makeDump64 } from './dump-bytes.ts'
import { makeMemoryDump, MEMORY_DUMPS, type MemoryDumpSort } from './memory-dump-bytes.ts'
import { haveSamples, sample, samplePath } from './reference-samples.ts'
import { saySkipped } from '../../../support/skipped-tests.ts'
import { needs } from '../../../windows-host/not-on-windows.ts'

const drivers = [
  { name: '\\SystemRoot\\system32\\ntoskrnl.exe', base: 0xffff_f800_0000_0000n, size: 0x100_0000 },
  { name: '\\SystemRoot\\System32\\drivers\\csagent.sys', base: 0xffff_f801_0000_0000n, size: 0x10_0000 },
]
const fault = [0xffff_8405_0000_009cn, 0n, 0xffff_f801_0000_e14en, 0n] as const
const unloaded = ['dam.sys', 'dump_storport.sys']

const MADE: readonly (readonly [string, Buffer])[] = [
  ['a small dump', makeDump64({ code: 0x50, parameters: fault, drivers, unloaded })],
  ['a small dump of ARM64', makeDump64({ code: 0x50, parameters: fault, drivers, machine: 'arm64' })],
  ['one with a stack', makeDump64({ code: 0x133, parameters: [1n, 2n, 3n, 4n], drivers, stack: [1n, 2n] })],
  ['one that names a driver', makeDump64({ code: 0xc4, parameters: [0n], drivers, broken: 'acme.sys' })],
  ['one without drivers', makeDump64({ code: 0xd1, parameters: [1n, 2n, 0n, 3n] })],
  ['a small dump of 32 bits', makeDump32(0xd1, [0, 2, 0, 0xf7a1_2345])],
  ...Object.keys(MEMORY_DUMPS).map((sort) => {
    const bytes = makeMemoryDump({ sort: sort as MemoryDumpSort, code: 0x139, parameters: [3n, 2n, 1n, 0n] })
    return [`a dump of memory: ${sort}`, bytes] as const
  }),
]
const RECORDED = haveSamples
  ? globSync('*.dmp', { cwd: samplePath('') }).map((name) => [basename(name), sample(name)] as const)
  : []

const why = await noEngineBecause()
if (why !== undefined) saySkipped(`no dump was held against Microsoft's debugger engine, because ${why}`)

describe(
  'a crash dump',
  needs(why === undefined, 'the debugger engine, which the tests on Linux start under Wine'),
  () => {
    let answers: ReadonlyMap<string, EngineAnswer | Refusal>

    beforeAll(async () => {
      const broken = makeDump64({ code: 0x50, parameters: fault, drivers })
      broken.write('none', broken.length - 4, 'latin1')
      answers = await askEngine(
        new Map([...MADE, ...RECORDED, ['a broken one', broken]]),
        DEBUGGER_COMMANDS.replace('; q', ''),
      )
    }, 600_000)

    it.each([...MADE, ...RECORDED])('says the same to both: %s', (name, bytes) => {
      const theirs = answers.get(name)
      if (theirs === undefined || 'refused' in theirs)
        throw new Error(`Microsoft's engine refuses it: ${theirs?.refused ?? 'no answer'}`)
      const own = parseKernelDump(bytes)
      expect(own).toBeDefined()
      // Of memory our parser reads the header alone, so modules are the engine's word there.
      const isSmall = own?.dumpType === 4
      expect(factsOf(own as KernelDump)).toEqual({
        ...engineFacts(theirs),
        ...(isSmall ? {} : { modules: [], unloaded: [] }),
      })
    })

    it('of memory can be walked: the engine finds its modules behind the page tables', () => {
      const { loaded } = answers.get('a dump of memory: full') as EngineAnswer
      expect(loaded.map(({ name }) => name)).toEqual([
        '\\SystemRoot\\system32\\ntoskrnl.exe',
        '\\SystemRoot\\System32\\drivers\\acme.sys',
      ])
    })

    it('is described by the commands that our collector gives the debugger', () => {
      const { printed } = answers.get('a small dump') as EngineAnswer
      expect(printed).toContain('Bugcheck code 00000050')
      expect(printed).toContain('Kernel Version 26100')
      expect(printed).toContain('csagent')
      expect(printed).not.toMatch(/Syntax error|Couldn't resolve error at/)
    })

    it('that is none is refused, so that agreement means something', () => {
      expect(answers.get('a broken one')).toMatchObject({
        refused: expect.stringContaining('OpenDumpFile') as string,
      })
    })
  },
)

const MACHINES: Readonly<Record<number, KernelDump['machine']>> = {
  332: 'x86',
  34_404: 'x64',
  43_620: 'arm64',
}

/** What both can say, in one spelling. */
function factsOf(dump: KernelDump): unknown {
  const blamed = blamedDriver(dump)
  return {
    code: Number(dump.code),
    parameters: dump.parameters.map((value) => BigInt(value)),
    machine: dump.machine,
    processors: dump.processors,
    build: dump.build,
    crashedAt: Math.floor((dump.crashedAt ?? 0) / 1000),
    uptime: Math.floor(dump.uptimeSeconds ?? 0),
    modules: dump.drivers
      .map(({ name, base, size, timeDateStamp }) => `${name} ${base} ${size} ${timeDateStamp}`)
      .sort(),
    unloaded: [...dump.unloaded],
    fault:
      blamed?.by === 'instruction'
        ? `${blamed.name.replace(/\.\w+$/, '')}+${blamed.offset ?? ''}`
        : undefined,
  }
}

function engineFacts(answer: EngineAnswer): object {
  // The engine keeps addresses of 32-bit machines with their sign in 64 bits.
  const width = answer.machine === 332 ? 32 : 64
  const code = `0x${answer.code.toString(16)}`
  const at = explainBugCheck(code, answer.parameters).faultAddress
  return {
    code: answer.code,
    parameters: answer.parameters.map((value) => BigInt.asUintN(width, BigInt(value))),
    machine: MACHINES[answer.machine],
    processors: answer.processors,
    build: answer.build,
    crashedAt: answer.crashedAt,
    uptime: answer.uptime,
    modules: answer.loaded
      .map(
        ({ name, base, size, timeDateStamp }) =>
          `${name.split('\\').at(-1) ?? ''} ${BigInt(base)} ${size} ${timeDateStamp}`,
      )
      .sort(),
    unloaded: [...answer.unloaded],
    fault: (at === undefined ? undefined : answer.names[at - 1]) ?? undefined,
  }
}
