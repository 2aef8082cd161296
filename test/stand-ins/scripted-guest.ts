/** A guest whose answers a test writes down and then breaks, to see which check notices. */
import type { Moment } from '../../src/model/phase.ts'
import { sha256 } from '../../src/kit/hash.ts'
import type { LoadedCandidate } from '../../src/model/candidate.ts'
import { FactSchema, type Fact } from '../../src/model/observation.ts'
import type { LoadedProduct } from '../../src/model/product.ts'
import type { ExecResult } from '../../src/sdk/channel.ts'
import type { Check, CheckTarget } from '../../src/sdk/check.ts'
import type {
  BootFacts,
  CrashRecord,
  FingerprintItem,
  FirstLogon,
  GuestOs,
  LogEntry,
  MeasuredProfile,
  ResourceFacts,
  ServiceFact,
} from '../../src/sdk/guest-os.ts'
import { localChannel, testContext } from './local-guest.ts'

export interface Scripted {
  boot: BootFacts
  services: ServiceFact[]
  drivers: Map<string, Record<string, string>>
  /** path → content */
  files: Record<string, string>
  /** What else the machine consists of. */
  items: FingerprintItem[]
  clockOffsetMs: number
  /** Items that a fingerprint leaves out. */
  itemsCut: number
  resources: ResourceFacts
  entries: LogEntry[]
  entriesCut: number
  crashes: CrashRecord[]
  profile: MeasuredProfile
  network: { loopback: boolean; interfaces: string[]; detail: string }
  launch: { ok: boolean; milliseconds: number; detail: string }
  logon: FirstLogon
  /** Exit code of each program; 127 for the others. */
  programs: Record<string, number>
  /** What a program writes; `checked` and a second line for the others. */
  says: Record<string, string>
  starts: number
  /** Milliseconds since the last start, by the guest's steady clock and by the host's. */
  ran: { guest: number; host: number }
  candidate?: LoadedCandidate
  products: LoadedProduct[]
  /** Every question fails like this. */
  failure?: Error
}

/** A healthy machine after its first start; the guest has counted three starts before. */
export function healthyGuest(change: Partial<Scripted> = {}): Scripted {
  return {
    boot: {
      bootId: 'b1',
      bootCount: 4,
      uptimeSeconds: 30,
      mode: 'normal',
      finished: true,
      kernel: '6.12.1',
      build: '1',
      pendingRestart: [],
    },
    services: [
      { name: 'netwatchd', state: 'running', wanted: true, restarts: 0 },
      { name: 'agent', state: 'running', wanted: true, restarts: 0 },
      { name: 'on-demand', state: 'stopped', wanted: false, restarts: 0 },
    ],
    drivers: new Map([
      ['virtio_blk', {}],
      ['sensor', { srcversion: 'A1' }],
    ]),
    files: { '/bin/sh': 'shell', '/lib/libc.so': 'libc', '/opt/netwatch/rules': 'rules v1' },
    items: [],
    clockOffsetMs: 0,
    itemsCut: 0,
    resources: {
      memoryUsedMiB: 100,
      memoryTotalMiB: 480,
      kernelMemoryMiB: 20,
      diskUsedMiB: 200,
      diskTotalMiB: 1000,
      cpuBusy: 0.02,
      processes: 40,
      handles: 300,
    },
    entries: [],
    entriesCut: 0,
    crashes: [],
    profile: { 'cpu.count': '1', memoryMiB: '480', 'disk.bus': 'virtio', firmware: 'bios' },
    network: { loopback: true, interfaces: ['lo', 'eth0'], detail: '' },
    launch: { ok: true, milliseconds: 12, detail: '' },
    logon: { outcome: 'signed-in', milliseconds: 300, detail: '', left: [] },
    programs: { '/opt/netwatch/health': 0, '/opt/netwatch/versions': 0, '/opt/netwatch/frozen': 0 },
    says: { '/opt/netwatch/versions': 'program 7.1\ncontent 290\n' },
    starts: 1,
    ran: { guest: 60_000, host: 65_000 },
    products: [],
    ...change,
  }
}

/** The same machine one asked restart later. */
export function restart(guest: Scripted): void {
  guest.starts += 1
  guest.boot = { ...guest.boot, bootId: `b${guest.starts}`, bootCount: guest.boot.bootCount + 1 }
}

export function guestOsOf(guest: Scripted): GuestOs {
  const answer = async <T>(value: T): Promise<T> => {
    if (guest.failure !== undefined) throw guest.failure
    return value
  }
  const refuse = (): never => {
    throw new Error('a check does not change the guest')
  }
  return {
    name: 'linux',
    boot: () => answer(guest.boot),
    services: () => answer(guest.services),
    drivers: () => answer(guest.drivers),
    files: (paths) =>
      answer({
        files: new Map(
          Object.entries(guest.files)
            .filter(([path]) => paths.some((asked) => path === asked || path.startsWith(`${asked}/`)))
            .map(([path, text]) => [path, { sha256: sha256(text), size: text.length }]),
        ),
        cut: 0,
      }),
    systemFiles: () => ['/bin', '/lib'],
    fingerprint: (_exact, _guest, ctx) =>
      answer({
        items: [
          ...Object.entries(guest.files).map(([item, text]) => ({
            aspect: 'file' as const,
            item,
            traits: { type: 'file', mode: '0644', owner: '0:0', content: sha256(text) },
          })),
          ...guest.items,
        ],
        cut: guest.itemsCut,
        clock: ctx.clock.now() + guest.clockOffsetMs,
        sinceStartMs: guest.ran.guest,
      }),
    resources: () => answer(guest.resources),
    events: (bookmark) => {
      const from = bookmark === undefined ? 0 : Number(bookmark)
      return answer({
        entries: guest.entries.slice(from),
        bookmark: String(guest.entries.length),
        cut: guest.entriesCut,
      })
    },
    crashes: () => answer(guest.crashes),
    profile: () => answer(guest.profile),
    network: () => answer(guest.network),
    launch: () => answer(guest.launch),
    firstLogon: () => answer(guest.logon),
    restartService: refuse,
    restart: refuse,
    shutdown: refuse,
    transferFolder: refuse,
    removePath: refuse,
    joinPath: (...parts) => parts.join('/'),
    forensicPaths: () => [],
    readForensics: refuse,
    readSerialCrash: () => undefined,
  }
}

/** Asks one check at one moment after the other, with one memory, as a run does. Every fact must be fit for the journal. */
export function attempt(check: Check, guest: Scripted, more: Partial<CheckTarget> = {}) {
  const memory = new Map<string, unknown>()
  return async (moment: Moment): Promise<readonly Fact[]> => {
    const target: CheckTarget = {
      guest: {
        ...localChannel(),
        exec: async (request): Promise<ExecResult> => ({
          exitCode: guest.programs[request.program] ?? 127,
          stdout: Buffer.from(guest.says[request.program] ?? 'checked\nmore'),
          stderr: Buffer.alloc(0),
          truncated: false,
        }),
      },
      os: guestOsOf(guest),
      secret: (name) => name,
      arm: guest.candidate === undefined ? 'control' : 'candidate',
      moment,
      phase: moment === 'baseline' ? 'baseline' : 'check',
      profile: { cpu: { count: 1 }, memoryMiB: 512, disk: { bus: 'virtio' }, firmware: 'bios' },
      products: guest.products,
      memory,
      starts: guest.starts,
      startedAt: testContext().clock.now() - guest.ran.host,
      ...more,
      ...(guest.candidate === undefined ? {} : { candidate: guest.candidate }),
    }
    if (!check.moments.includes(moment)) return []
    const base = testContext()
    let now = base.clock.now()
    const clock = { now: () => now, sleep: async (ms: number) => void (now += ms) }
    const facts = await check.run(target, { ...base, clock })
    // The memory must survive the journal: what is no JSON would be lost on a resume.
    for (const [key, value] of memory) memory.set(key, JSON.parse(JSON.stringify(value)))
    return facts.map((fact) => FactSchema.parse(fact))
  }
}

/** `subject: seen` of what does not hold, and of changes that nobody expects. */
export function broken(facts: readonly Fact[]): string[] {
  return facts.flatMap((fact) => {
    if (fact.kind === 'expectation' && !fact.holds) return [`${fact.symptom} ${fact.subject}: ${fact.seen}`]
    if (fact.kind !== 'change' || fact.expected) return []
    return [
      `${fact.what} ${fact.item}${fact.traits.length > 0 ? ` (${fact.traits.join(', ')})` : ''} of ${fact.belongsTo}`,
    ]
  })
}

/** Subjects that could not be looked at. */
export function blinds(facts: readonly Fact[]): string[] {
  return facts.flatMap((fact) => (fact.kind === 'blind' ? [`${fact.subject}: ${fact.reason}`] : []))
}
