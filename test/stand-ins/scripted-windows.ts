/** A Windows guest whose answers a test writes down and then breaks; programs and scripts are written down as they are run. */
import type { Moment } from '../../src/model/phase.ts'
import { sha256 } from '../../src/kit/hash.ts'
import type { LoadedCandidate } from '../../src/model/candidate.ts'
import { FactSchema, type Fact } from '../../src/model/observation.ts'
import type { LoadedProduct } from '../../src/model/product.ts'
import { windowsGuestOs } from '../../src/plugins/guests/windows/windows-guest-os.ts'
import type { Channel } from '../../src/sdk/channel.ts'
import type { Check } from '../../src/sdk/check.ts'
import type { BootFacts, GuestOs, ServiceFact } from '../../src/sdk/guest-os.ts'
import type { Target } from '../../src/sdk/installer.ts'
import type {
  DriverPackageFact,
  MinifilterFact,
  NetworkFilterFacts,
  ProgramFact,
  ProtectionFacts,
  ReportFacts,
  ScheduledTaskFact,
  SecurityFacts,
  ServicingFacts,
  WindowsEvent,
} from '../../src/sdk/windows-guest.ts'
import { testContext } from './local-guest.ts'

export interface ScriptedWindows {
  boot: BootFacts
  services: ServiceFact[]
  drivers: Map<string, Record<string, string>>
  /** path → content */
  files: Map<string, string>
  minifilters: MinifilterFact[]
  security: SecurityFacts
  protection: ProtectionFacts
  packages: DriverPackageFact[]
  servicing: ServicingFacts
  programs: ProgramFact[]
  tasks: ScheduledTaskFact[]
  programsStart: boolean
  reports: ReportFacts
  network: NetworkFilterFacts
  events: WindowsEvent[]
  /** name of a script → its answer */
  scripts: Record<string, unknown>
  /** What each program ends with, and what it does to the machine. */
  run: (program: string, words: readonly string[]) => number
  ran: string[]
  candidate?: LoadedCandidate
  products: LoadedProduct[]
  starts: number
  failure?: Error
}

/** A healthy client. */
export function healthyWindows(change: Partial<ScriptedWindows> = {}): ScriptedWindows {
  return {
    boot: {
      bootId: '7-1',
      bootCount: 7,
      uptimeSeconds: 60,
      mode: 'normal',
      finished: true,
      kernel: '10.0.26100',
      build: '26100.4652',
      pendingRestart: [],
    },
    services: [{ name: 'WinDefend', state: 'running', wanted: true, restarts: 0 }],
    drivers: new Map([['WdFilter', { company: 'Microsoft Corporation' }]]),
    files: new Map(),
    minifilters: [
      { name: 'bindflt', altitude: '409800', instances: 1, owners: ['Microsoft'], group: 'FSFilter Top' },
      {
        name: 'WdFilter',
        altitude: '328010',
        instances: 5,
        owners: ['Microsoft'],
        group: 'FSFilter Anti-Virus',
      },
    ],
    security: {
      products: [{ sort: 'antivirus', name: 'Windows Defender', state: 'on', upToDate: true }],
      defender: { mode: 'Normal', realTime: true, engineVersion: '1', contentVersion: '1', detections: [] },
    },
    protection: {
      secureBoot: true,
      vbs: true,
      memoryIntegrity: true,
      testSigning: false,
      driverPolicy: 'evaluation',
      kernelBuild: 26_100,
      secureBootCertificates: ['Microsoft Windows Production PCA 2011', 'Windows UEFI CA 2023'],
      bitLocker: [{ volume: 'C:', protected: false }],
      verifier: { flags: '0x209bb', drivers: ['acmeflt.sys'] },
    },
    packages: [],
    servicing: {
      build: '26100.4652',
      edition: 'Professional',
      language: 'en-US',
      hotfixes: [],
      packages: {},
      pending: [],
      rollbacks: [],
    },
    programs: [],
    programsStart: true,
    tasks: [
      { path: '\\Microsoft\\Windows\\Defrag\\ScheduledDefrag', enabled: true, action: 'defrag.exe -c' },
      { path: '\\Neighbour\\Update', enabled: true, action: 'C:\\Neighbour\\update.exe' },
    ],
    reports: { errorReports: [], liveDumps: [], reliability: {} },
    network: { providers: {}, filters: {}, callouts: {} },
    events: [],
    scripts: {
      recovery: { traces: [], log: '', environment: 'state 1' },
      folders: { names: ['C:\\Program Files\\Common Files'] },
    },
    run: () => 0,
    ran: [],
    products: [],
    starts: 1,
    ...change,
  }
}

/** The shipped guest OS where it is pure, the written answers for all questions. */
export function guestOsOfWindows(guest: ScriptedWindows): GuestOs {
  const answer = async <T>(value: T): Promise<T> => {
    if (guest.failure !== undefined) throw guest.failure
    return value
  }
  const { windows } = windowsGuestOs
  if (windows === undefined) throw new Error('the Windows os lost its facet')
  return {
    ...windowsGuestOs,
    boot: () => answer(guest.boot),
    services: () => answer(guest.services),
    drivers: () => answer(guest.drivers),
    files: (paths) =>
      answer({
        files: new Map(
          [...guest.files]
            .filter(([path]) => paths.some((asked) => path === asked || path.startsWith(`${asked}\\`)))
            .map(([path, text]) => [path, { sha256: sha256(text), size: text.length }]),
        ),
        cut: 0,
      }),
    launch: () => answer({ ok: guest.programsStart, milliseconds: 40, detail: 'ended with 0xc000012f' }),
    restartService: (name) =>
      answer({ ok: guest.services.some((service) => service.name === name), detail: '' }),
    transferFolder: () => answer('C:\\Windows\\Temp\\ringzero-1'),
    async removePath(path) {
      for (const name of guest.files.keys()) if (name.startsWith(path)) guest.files.delete(name)
    },
    windows: {
      ...windows,
      runScript: ({ name }) => answer(guest.scripts[name]),
      minifilters: () => answer(guest.minifilters),
      security: () => answer(guest.security),
      protection: () => answer(guest.protection),
      driverPackages: () => answer(guest.packages),
      servicing: (asked) =>
        answer({
          ...guest.servicing,
          packages: Object.fromEntries(
            Object.entries(guest.servicing.packages).filter(([name]) =>
              asked.some((part) => name.startsWith(part)),
            ),
          ),
        }),
      programs: () => answer(guest.programs),
      tasks: () => answer(guest.tasks),
      reports: () => answer(guest.reports),
      networkFilters: () => answer(guest.network),
      eventRecords: (bookmark) =>
        answer({
          records: guest.events.slice(bookmark === undefined ? 0 : Number(bookmark)),
          bookmark: String(guest.events.length),
          cut: 0,
        }),
    },
  }
}

/** What an installer works on: pushed files arrive as `content` says. */
export function windowsTarget(guest: ScriptedWindows, content: (path: string) => string): Target {
  const channel: Channel = {
    async exec(request) {
      const name = request.program.split('\\').at(-1) ?? ''
      guest.ran.push([name, ...request.arguments].join(' '))
      const exitCode = guest.run(name, request.arguments)
      return { exitCode, stdout: Buffer.from('said'), stderr: Buffer.alloc(0), truncated: false }
    },
    async push(local, path) {
      guest.files.set(path, content(local))
    },
    pull: async () => ({ truncated: false }),
    close: async () => undefined,
  }
  return { guest: channel, os: guestOsOfWindows(guest), secret: (name) => name }
}

/** Asks one check at one moment after the other, with one memory that survives the journal, as a run does. */
export function attemptOnWindows(check: Check, guest: ScriptedWindows) {
  const memory = new Map<string, unknown>()
  return async (moment: Moment): Promise<readonly Fact[]> => {
    if (!check.moments.includes(moment)) return []
    const facts = await check.run(
      {
        ...windowsTarget(guest, () => ''),
        arm: guest.candidate === undefined ? 'control' : 'candidate',
        moment,
        phase: moment === 'baseline' ? 'baseline' : 'check',
        profile: { cpu: { count: 2 }, memoryMiB: 4096 },
        products: guest.products,
        memory,
        starts: guest.starts,
        startedAt: testContext().clock.now(),
        ...(guest.candidate === undefined ? {} : { candidate: guest.candidate }),
      },
      testContext(),
    )
    for (const [key, value] of memory) memory.set(key, JSON.parse(JSON.stringify(value)))
    return facts.map((fact) => FactSchema.parse(fact))
  }
}
