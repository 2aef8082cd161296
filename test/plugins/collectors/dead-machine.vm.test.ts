/** What the collectors bring back from a real machine that answers, that panics, and that is off; and the way back from its disk. */
import { artifactOf } from '../../../src/inputs/package/artifact-of.ts'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadCandidate } from '../../../src/inputs/package/load-candidate.ts'
import { sha256 } from '../../../src/kit/hash.ts'
import { FactSchema, type FactOf } from '../../../src/model/observation.ts'
import { guestFiles } from '../../../src/plugins/collectors/guest-files.ts'
import { offlineDisk } from '../../../src/plugins/collectors/offline-disk.ts'
import { screen } from '../../../src/plugins/collectors/screen.ts'
import { serial } from '../../../src/plugins/collectors/serial.ts'
import { linuxGuestOs } from '../../../src/plugins/guests/linux/linux-guest-os.ts'
import { contentInstaller } from '../../../src/plugins/installers/linux/content.ts'
import type { Channel } from '../../../src/sdk/channel.ts'
import type { Collector, CollectTarget } from '../../../src/sdk/collector.ts'
import type { Artifact, UndoRecord } from '../../../src/sdk/installer.ts'
import { startLinuxMachine, type LinuxMachine } from '../../stand-ins/linux-machine.ts'
import { testContext } from '../../stand-ins/local-guest.ts'
import { writeRules } from '../../stand-ins/netwatch-product.ts'

const RULES = '/opt/netwatch/rules'
let linux: LinuxMachine
/** What the last test left. */
let state: State | 'unknown' = 'unknown'
let guest: Channel
let scratch = ''
let artifact: Artifact
let remembered: UndoRecord = {}

async function collect(collector: Collector, change: Partial<CollectTarget> = {}) {
  const saved = new Map<string, Buffer>()
  const keep = async (name: string, data: Uint8Array): Promise<string> => {
    saved.set(name, Buffer.from(data))
    return sha256(data)
  }
  const target: CollectTarget = {
    machine: linux.machine,
    os: linuxGuestOs,
    final: true,
    candidatePaths: [RULES, '/opt/netwatch/never'],
    scratch,
    ...change,
  }
  const found = await collector.collect(
    target,
    {
      save: (name, _, data) => keep(name, data),
      saveFile: async (name, _, path) => keep(name, await readFile(path)),
    },
    testContext(120),
  )
  return { saved, facts: found.map(({ fact }) => FactSchema.parse(fact)) }
}

const shell = (script: string) => guest.exec({ program: '/bin/sh', arguments: ['-c', script] }, testContext())

/** A machine of its own, as new. */
async function begin(): Promise<void> {
  await (linux as LinuxMachine | undefined)?.close()
  remembered = {}
  linux = await startLinuxMachine()
  guest = await linux.connect()
  state = 'answers'
}

/** A machine that panicked with the candidate in, and is off. */
async function panic(): Promise<FactOf<'install'>> {
  await shell('mkdir -p /opt/netwatch; echo "rules 1" >/opt/netwatch/rules; sync')
  const target = {
    guest,
    os: linuxGuestOs,
    secret: (name: string) => name,
    remember: async (undo: UndoRecord) => void (remembered = JSON.parse(JSON.stringify(undo)) as UndoRecord),
  }
  const { fact } = await contentInstaller.apply(artifact, target, testContext())
  void shell('echo c >/proc/sysrq-trigger').catch(() => undefined)
  for await (const signal of linux.machine.signals()) if (signal.kind === 'crash') break
  await linux.machine.stop('power', testContext())
  return fact
}

type State = 'answers' | 'panicked' | 'back'

/** Where a test begins; after a test or a try that failed, with another machine. The test says at its end where it left it. */
async function startFrom(wanted: State): Promise<void> {
  if (state !== wanted) {
    await begin()
    if (wanted === 'panicked') await panic()
  }
  state = 'unknown'
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ringzero-scratch-'))
  const loaded = artifactOf(await loadCandidate(await writeRules('rules 2\n')), 'linux')
  // No service reads the rules in this guest.
  const { place = [] } = loaded.recipe.install ?? {}
  artifact = { ...loaded, recipe: { install: { place } } }
  await begin()
})
afterAll(async () => {
  await (linux as LinuxMachine | undefined)?.close()
  await rm(scratch, { recursive: true, force: true })
})

describe('a machine that answers', () => {
  it('gives its logs', async () => {
    await startFrom('answers')
    const { saved, facts } = await collect(guestFiles, { guest })
    const log = [...saved].find(([name]) => name.endsWith('events.log'))
    expect(log?.[1].toString()).toContain('start 1, mode normal')
    expect(facts).toEqual([])
    state = 'answers'
  })

  it('shows its screen as a picture', async () => {
    await startFrom('answers')
    const { saved } = await collect(screen)
    expect(saved.get('screen.png')?.subarray(1, 4).toString()).toBe('PNG')
    state = 'answers'
  })
})

describe('a machine that panics with the candidate in', () => {
  it('names its crash once, and keeps the candidate on its disk', async () => {
    await startFrom('answers')
    expect((await panic()).outcome).toBe('ok')
    const first = await collect(serial)
    expect(first.facts).toMatchObject([{ kind: 'crash', mechanism: 'panic' }])
    const [crash] = first.facts
    expect(first.saved.get('serial.log')?.toString()).toContain('ringzero: boot-finished')
    expect(first.saved.get('panic.txt')?.toString()).toMatch(/sysrq|panic/i)
    const title = crash?.kind === 'crash' ? crash.title : ''
    expect((await collect(serial, { knownCrashes: [title] })).facts).toEqual([])
    state = 'panicked'
  })

  it('lets its disk be read, which tells its starts and which candidate stands there', async () => {
    await startFrom('panicked')
    const { saved } = await collect(offlineDisk)
    const summary = JSON.parse(saved.get('offline-disk.json')?.toString() ?? '{}') as Record<string, unknown>
    expect(summary).toMatchObject({
      schema: 'ringzero/offline-disk/1',
      bootCount: 1,
      candidateFiles: [
        { path: RULES, state: 'present', sha256: sha256('rules 2\n') },
        { path: '/opt/netwatch/never', state: 'absent' },
      ],
    })
    expect([...saved.keys()].some((name) => /^disk-\d+-events\.log$/.test(name))).toBe(true)
    expect(linux.machine.offlineDisk).toBeDefined()
    state = 'panicked'
  })

  it('leaves a disk alone that is still needed', async () => {
    await startFrom('panicked')
    expect((await collect(offlineDisk, { final: false })).saved.size).toBe(0)
    state = 'panicked'
  })

  it('comes back with its old content when the undo record is applied to its disk', async () => {
    await startFrom('panicked')
    const changes = contentInstaller.offlineUndo?.(artifact, remembered) ?? []
    expect(changes.length).toBeGreaterThan(0)
    await linux.machine.offlineDisk?.write(changes, testContext())
    await linux.machine.start(testContext())
    guest = await linux.connect()
    expect((await shell(`cat ${RULES}; ls -A /opt/netwatch/history 2>/dev/null`)).stdout.toString()).toBe(
      'rules 1\n',
    )
    state = 'back'
  })
})
