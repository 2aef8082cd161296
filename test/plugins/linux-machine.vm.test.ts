/** Installers and checks on a real machine: clean while it is clean, and each broken thing is found. One boot for all. */
import { artifactOf } from '../../src/inputs/package/artifact-of.ts'
import type { Moment } from '../../src/model/phase.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/kit/clock.ts'
import { loadCandidate } from '../../src/inputs/package/load-candidate.ts'
import { loadProduct } from '../../src/inputs/package/load-product.ts'
import type { LoadedCandidate } from '../../src/model/candidate.ts'
import { FactSchema, type Fact } from '../../src/model/observation.ts'
import type { LoadedProduct } from '../../src/model/product.ts'
import { builtIn } from '../../src/plugins/built-in.ts'
import { linuxGuestOs } from '../../src/plugins/guests/linux/linux-guest-os.ts'
import { contentInstaller } from '../../src/plugins/installers/linux/content.ts'
import { scriptInstaller } from '../../src/plugins/installers/linux/script.ts'
import type { Channel } from '../../src/sdk/channel.ts'
import type { CheckTarget } from '../../src/sdk/check.ts'
import type { Artifact, Target, UndoRecord } from '../../src/sdk/installer.ts'
import { blinds, broken } from '../stand-ins/scripted-guest.ts'
import { PROFILE, startLinuxMachine, type LinuxMachine } from '../stand-ins/linux-machine.ts'
import { testContext } from '../stand-ins/local-guest.ts'
import { writeNetwatch, writeRules } from '../stand-ins/netwatch-product.ts'

let linux: LinuxMachine
let guest: Channel
let product: LoadedProduct
let candidate: LoadedCandidate
let artifact: Artifact
let undo: UndoRecord = {}
let starts = 1
let startedAt = systemClock.now()
const memories = new Map<string, Map<string, unknown>>()

const target = (): Target => ({ guest, os: linuxGuestOs, secret: (name) => name })

async function shell(script: string, ...words: string[]): Promise<string> {
  const result = await guest.exec(
    { program: '/bin/sh', arguments: ['-c', script, 'sh', ...words] },
    testContext(),
  )
  if (result.exitCode !== 0) throw new Error(`${script}: ${result.stderr.toString()}`)
  return result.stdout.toString()
}

async function busybox(...words: string[]): Promise<void> {
  const { exitCode } = await guest.exec({ program: '/bin/busybox', arguments: words }, testContext())
  if (exitCode !== 0) throw new Error(words.join(' '))
}

/** Asks all checks, or some, as a run does. */
async function look(moment: Moment, ...ids: string[]): Promise<Fact[]> {
  const found: Fact[] = []
  for (const check of builtIn.checks ?? []) {
    if (!check.moments.includes(moment) || !check.os.includes('linux')) continue
    if (ids.length > 0 && !ids.includes(check.id)) continue
    const memory = memories.get(check.id) ?? new Map<string, unknown>()
    memories.set(check.id, memory)
    const asked: CheckTarget = {
      ...target(),
      arm: 'candidate',
      moment,
      phase: 'check',
      profile: PROFILE,
      products: [product],
      candidate,
      memory,
      starts,
      startedAt,
    }
    found.push(...(await check.run(asked, testContext(120))))
  }
  return found.map((fact) => FactSchema.parse(fact))
}

/** Changes of the machine that the candidate has no business with: what, which, whose. */
const unexpected = (facts: readonly Fact[]): string[] =>
  facts.flatMap((fact) =>
    fact.kind === 'change' && !fact.expected ? [`${fact.what} ${fact.item} (${fact.belongsTo})`] : [],
  )

/** A machine of its own, as new. */
async function begin(): Promise<void> {
  await (linux as LinuxMachine | undefined)?.close()
  memories.clear()
  undo = {}
  starts = 1
  startedAt = systemClock.now()
  linux = await startLinuxMachine()
  guest = await linux.connect()
}

const installProduct = async () =>
  await scriptInstaller.apply(artifactOf(product, 'linux'), target(), testContext())

async function installCandidate() {
  const applied = await contentInstaller.apply(artifact, target(), testContext())
  undo = JSON.parse(JSON.stringify(applied.undo)) as UndoRecord
  return applied
}

/** In the order in which the machine comes by them. */
const STATES = [
  'bare',
  'with the product',
  'looked at',
  'with the candidate',
  'rolled back',
  'restarted',
] as const
type State = (typeof STATES)[number]
/** What the last test left. */
let state: State | 'unknown' = 'bare'

/** Where a test begins; after a test or a try that failed, with another machine. The test says at its end where it left it. */
async function startFrom(wanted: State): Promise<void> {
  if (state !== wanted) await reach(wanted)
  state = 'unknown'
}

async function reach(wanted: State): Promise<void> {
  const needs = (one: State): boolean => STATES.indexOf(wanted) >= STATES.indexOf(one)
  await begin()
  if (needs('with the product')) await installProduct()
  if (needs('looked at')) await look('baseline')
  if (needs('with the candidate')) {
    await installCandidate()
    await look('after-install')
  }
  if (needs('rolled back')) {
    await contentInstaller.remove(artifact, undo, target(), testContext())
    await look('after-rollback')
  }
}

beforeAll(async () => {
  product = await loadProduct(await writeNetwatch())
  candidate = await loadCandidate(await writeRules('rules 2\n'))
  artifact = artifactOf(candidate, 'linux')
  await begin()
})
afterAll(async () => (linux as LinuxMachine | undefined)?.close())

describe('before the candidate', () => {
  it('a product is installed and proven', async () => {
    await startFrom('bare')
    const { fact } = await installProduct()
    expect(fact).toMatchObject({ outcome: 'ok', detail: '4 files placed' })
    const proof = await scriptInstaller.verify(artifactOf(product, 'linux'), target(), testContext())
    // The four placed files, the service, the probe.
    expect(proof).toHaveLength(6)
    expect(broken(proof)).toEqual([])
    expect(
      await shell('ls -l /opt/netwatch/health; ls -d /var/lib/ringzero-transfer* 2>/dev/null || true'),
    ).toMatch(/^-rwxr-xr-x\s+1 root\s+root\s+\d+ [^\n]*\/opt\/netwatch\/health\n$/)
    state = 'with the product'
  })

  it('the machine is clean, is what was asked for, and nothing is left unseen', async () => {
    await startFrom('with the product')
    const facts = await look('baseline')
    expect(broken(facts)).toEqual([])
    expect(blinds(facts)).toEqual([])
    const profile = facts.filter((fact) => fact.kind === 'profile')
    expect(profile.map(({ property }) => property)).toEqual([
      'cpu.count',
      'memoryMiB',
      'disk.bus',
      'firmware',
    ])
    expect(profile.filter((fact) => !fact.matches)).toEqual([])
    state = 'looked at'
  })
})

describe('a machine with the candidate', () => {
  it('is installed, proven and exercised, and the machine stays clean', async () => {
    await startFrom('looked at')
    const applied = await installCandidate()
    expect(applied.fact).toMatchObject({ outcome: 'ok' })
    expect(broken(await contentInstaller.verify(artifact, target(), testContext()))).toEqual([])
    const stimuli = await contentInstaller.stimulate?.(artifact.recipe.stimuli ?? [], target(), testContext())
    expect(stimuli).toMatchObject([
      { outcome: 'ok', detail: '/opt/netwatch/health ended with 0: rules rules 2' },
    ])
    const facts = await look('after-install')
    expect(broken(facts)).toEqual([])
    expect(blinds(facts)).toEqual([])
    state = 'with the candidate'
  })

  it('a stopped service, a failing probe and an orphaned rules file are found', async () => {
    await startFrom('with the candidate')
    await shell('/usr/lib/ringzero-guest/service stop netwatch; echo garbage >/opt/netwatch/rules')
    expect(broken(await look('after-install', 'services', 'product-health'))).toEqual([
      'service-degraded service:netwatch: stopped',
      'protection-off product:netwatch:probe: ended with 3: rules are unreadable',
      'protection-off product:netwatch:service:netwatch: stopped',
    ])
    expect(broken(await contentInstaller.verify(artifact, target(), testContext()))).toHaveLength(1)
    await shell('printf "rules 2\\n" >/opt/netwatch/rules; /usr/lib/ringzero-guest/service start netwatch')
    expect(broken(await look('after-install', 'services', 'product-health'))).toEqual([])
    state = 'with the candidate'
  })

  it('a service that dies again and again is found although it runs', async () => {
    await startFrom('with the candidate')
    await shell('kill -KILL $(sed -n "s/^pid\\t//p" /run/ringzero-guest/services/netwatch); sleep 2')
    await shell('kill -KILL $(sed -n "s/^pid\\t//p" /run/ringzero-guest/services/netwatch); sleep 2')
    const facts = await look('after-soak', 'services', 'events')
    expect(broken(facts)).toEqual(['service-degraded service:netwatch: running, restarted 2 times'])
    expect(facts.filter((fact) => fact.kind === 'log-event')).toMatchObject([
      { level: 'error', provider: 'service-supervisor', eventId: '7031' },
      { level: 'error', provider: 'service-supervisor', eventId: '7031' },
    ])
    await shell('/usr/lib/ringzero-guest/service restart netwatch')
    state = 'with the candidate'
  })

  it('quarantined files of the system and of the product are found', async () => {
    await startFrom('with the candidate')
    await shell('mv /etc/services /etc/services.away; mv /opt/netwatch/netwatchd /opt/away')
    expect(unexpected(await look('after-soak', 'fingerprint'))).toEqual(
      expect.arrayContaining([
        'gone /etc/services (system)',
        'gone /opt/netwatch/netwatchd (product:netwatch)',
      ]),
    )
    await shell('mv /etc/services.away /etc/services; mv /opt/away /opt/netwatch/netwatchd')
    const after = unexpected(await look('after-soak', 'fingerprint'))
    expect(after.filter((line) => /services|netwatchd/.test(line))).toEqual([])
    state = 'with the candidate'
  })

  it('a lost network, programs that do not start and a critical event are found', async () => {
    await startFrom('with the candidate')
    await shell('ip link set lo down')
    await shell('/usr/lib/ringzero-guest/log-event critical acme 13 "engine\tdied"')
    const facts = await look('after-soak', 'network', 'events')
    await busybox('mv', '/bin/sh', '/bin/sh.away')
    facts.push(...(await look('after-soak', 'launch')))
    await busybox('mv', '/bin/sh.away', '/bin/sh')
    expect(broken(facts).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'network-loss network:loopback:',
      'network-loss network:interfaces:',
      'app-launch-failure launch:program:',
    ])
    expect(facts.filter((fact) => fact.kind === 'log-event')).toMatchObject([
      { level: 'critical', provider: 'acme', eventId: '13', message: 'engine died', count: 1 },
    ])
    await shell('ip link set lo up')
    expect(broken(await look('after-soak', 'network', 'launch', 'events'))).toEqual([])
    state = 'with the candidate'
  })

  it('leaks of memory and disk during the soak are found', async () => {
    await startFrom('with the candidate')
    await look('after-restart', 'resources')
    await shell('head -c 60000000 /dev/zero >/tmp/leak; head -c 60000000 /dev/zero >/var/leak; sync')
    const found = broken(await look('after-soak', 'resources')).map((line) => line.split(': ')[0])
    expect(found).toEqual([
      'resource-growth resources:memory-growth',
      'resource-growth resources:disk-growth',
    ])
    await shell('rm /tmp/leak /var/leak; sync')
    await look('after-restart', 'resources')
    await shell('sleep 5')
    expect(broken(await look('after-soak', 'resources'))).toEqual([])
    state = 'with the candidate'
  })
})

/** A product that watches for new files and takes away what it knows as bad. */
const SCANNER = `#!/bin/sh
while :; do
  for file in /var/lib/ringzero-transfer.*/*; do
    grep -q 'rules [3]' "$file" 2>/dev/null || continue
    rm -f "$file"
    /usr/lib/ringzero-guest/log-event warning scanner 7 "took \${file##*/} away"
  done
  usleep 20000 2>/dev/null || sleep 0.02
done`

describe('beside a product that takes new files away', () => {
  it('the candidate’s file is told as taken away, with the product’s own record, and not as the lab’s fault', async () => {
    await startFrom('with the candidate')
    const bad = artifactOf(await loadCandidate(await writeRules('rules 3\n')), 'linux')
    await shell('printf %s "$1" >/opt/scanner; (/bin/sh /opt/scanner >/dev/null 2>&1 &)', SCANNER)
    const { fact } = await contentInstaller.apply(bad, target(), testContext(120))
    expect(fact).toMatchObject({ outcome: 'quarantined', step: 'apply' })
    expect(fact.detail).toContain('is gone there')
    expect(fact.detail).toContain('scanner 7: took')
    // What it does not know as bad arrives as ever.
    expect((await contentInstaller.apply(artifact, target(), testContext(120))).fact.outcome).toBe('ok')
    await shell('kill $(pgrep -f "^/bin/sh /opt/scanner" || pidof -x scanner); rm /opt/scanner')
    state = 'with the candidate'
  })
})

describe('after the roll-back', () => {
  it('what is left behind is found, and nothing when nothing is', async () => {
    await startFrom('with the candidate')
    const removed = await contentInstaller.remove(artifact, undo, target(), testContext())
    expect(removed.fact).toMatchObject({ step: 'remove', outcome: 'ok' })
    const facts = await look('after-rollback')
    // The events that these tests made stand in the log; in a run the judge knows from the control that logs grow.
    expect(broken(facts).filter((line) => !line.includes('/var/log/ringzero-guest/'))).toEqual([])
    expect(blinds(facts)).toEqual([])
    expect(await shell('ls -d /opt/netwatch/history /var/lib/ringzero-kept 2>/dev/null || true')).toBe('')
    await shell('mkdir /opt/netwatch/history; echo x >/opt/netwatch/history/2')
    const left = unexpected(await look('after-rollback', 'fingerprint'))
    expect(left.filter((line) => line.includes('history'))).toEqual(['new /opt/netwatch/history (nobody)'])
    state = 'rolled back'
  })

  it('a restart that nobody asked for is found, one that was asked for is not', async () => {
    await startFrom('rolled back')
    linux.machine.expectRestart()
    await linuxGuestOs.restart(guest, testContext())
    for await (const signal of linux.machine.signals()) if (signal.kind === 'reset') break
    guest = await linux.connect()
    expect(broken(await look('after-rollback', 'boot-facts'))).toEqual([
      'unexpected-restart boot:starts: 2 starts, 1 more than the host saw',
    ])
    starts = 2
    expect(broken(await look('after-rollback', 'services', 'product-health'))).toEqual([])
    state = 'restarted'
  })
})
