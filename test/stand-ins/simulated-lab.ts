/** A lab of simulated hosts, a plan on them, and what a run needs: for tests and benches of the orchestrator. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../src/kit/clock.ts'
import { hashJson, sha256 } from '../../src/kit/hash.ts'
import type { LoadedCandidate } from '../../src/model/candidate.ts'
import type { Plan, PlannedCell } from '../../src/model/plan.ts'
import { simulatedGuestOs } from '../../src/plugins/providers/simulated/simulated-guest-os.ts'
import { simulatedInstaller } from '../../src/plugins/providers/simulated/simulated-installer.ts'
import { simulatedProvider } from '../../src/plugins/providers/simulated/simulated-provider.ts'
import { virtualClock } from '../../src/plugins/providers/simulated/virtual-clock.ts'
import type { RunParts } from '../../src/run/run-parts.ts'
import type { Check } from '../../src/sdk/check.ts'

export const EPOCH = Date.UTC(2026, 10, 22)

export interface LabOptions {
  readonly hosts?: number
  readonly machines?: number
  readonly faults?: readonly object[]
  readonly seed?: number
  readonly folder?: string
  readonly clock?: Clock
  readonly checks?: readonly Check[]
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'rz-run-'))
}

/** Services and files, as the built-in checks look at them, in a few lines. */
export const servicesCheck: Check = {
  id: 'services',
  title: 'services run',
  moments: ['baseline', 'after-install', 'after-restart', 'after-soak', 'after-rollback'],
  os: ['linux', 'windows'],
  async run(target, ctx) {
    const services = await target.os.services(target.guest, ctx)
    return services.map((service) => ({
      kind: 'expectation',
      subject: `service:${service.name}`,
      expected: 'running',
      seen: service.state,
      holds: service.state === 'running',
      symptom: 'service-degraded',
      severity: 'fail',
    }))
  },
}

export async function simulatedParts(options: LabOptions = {}): Promise<RunParts> {
  const folder = options.folder ?? temporaryFolder()
  const clock = options.clock ?? virtualClock(EPOCH)
  const candidate = makeCandidate(join(folder, 'candidate'))
  const names = Array.from({ length: options.hosts ?? 1 }, (_, index) => `sim-${index}`)
  const hosts = await Promise.all(
    names.map(async (name) => ({
      host: {
        name,
        provider: 'simulated',
        capacity: { vcpus: 64, memoryMiB: 65_536, machines: options.machines ?? 8 },
      },
      provider: await simulatedProvider.open({
        name,
        options: { seed: options.seed ?? 7, faults: options.faults ?? [] },
        stateFolder: join(folder, 'hosts', name),
        secret: () => '',
      }),
      guests: new Map([
        ['linux', simulatedGuestOs('linux')],
        ['windows', simulatedGuestOs('windows')],
      ] as const),
      installers: [simulatedInstaller],
    })),
  )
  return {
    toolVersion: '0.0.0',
    hosts,
    checks: options.checks ?? [servicesCheck],
    collectors: [],
    candidate,
    artifactFor: () => ({
      id: candidate.id,
      kind: candidate.kind,
      release: candidate.release,
      folder: candidate.folder,
      files: candidate.files,
      recipe: {},
    }),
    products: new Map(),
    sourceFor: (cell) =>
      Promise.resolve({
        sha256: sha256(cell.image),
        os: cell.os,
        disk: '/simulated',
        diskFormat: 'raw',
      }),
    imageContent: (image) => Promise.resolve(sha256(image)),
    secret: () => 'hunter2-hunter2',
    storeFolder: join(folder, 'store'),
    clock,
    log: { log: () => undefined },
  }
}

function makeCandidate(folder: string): LoadedCandidate {
  mkdirSync(folder, { recursive: true })
  const content = 'content 291\n'
  writeFileSync(join(folder, 'content.bin'), content)
  return {
    version: 1,
    id: 'content-291',
    release: '291',
    kind: 'content',
    files: [{ path: 'content.bin', sha256: sha256(content) }],
    folder,
    sha256: hashJson(content),
  }
}

export interface PlanOptions {
  /** Cells of each stage. */
  readonly stages?: readonly number[]
  readonly repeats?: number
  readonly restarts?: number
  readonly soakSeconds?: number
  /** Cells share a control in groups of this size. */
  readonly sharing?: number
  readonly isolate?: number
}

/** A plan over axes `build` (3 values) and `bus` (2 values), cell by cell. */
export function makePlan(options: PlanOptions = {}): Plan {
  const sizes = options.stages ?? [2, 4]
  const cells: PlannedCell[] = []
  const stages = sizes.map((size, stage) => {
    const id = `stage-${stage}`
    const ids = Array.from({ length: size }, () => {
      const cell = makeCell(cells.length, id, options.sharing ?? 1)
      cells.push(cell)
      return cell.id
    })
    return { id, title: id, continueOnFailure: false, cells: ids }
  })
  return {
    schema: 'ringzero/plan/1',
    id: 'a'.repeat(64),
    matrix: 'test',
    seed: 7,
    strength: 2,
    inputs: [],
    axes: [],
    stages,
    cells,
    settings: {
      soakSeconds: options.soakSeconds ?? 60,
      restarts: options.restarts ?? 2,
      repeats: options.repeats ?? 1,
      checks: [],
      isolate: options.isolate ?? 0,
    },
    coverage: [],
    provedMinimal: false,
    infeasible: [],
    infeasibleCount: 0,
    warnings: [],
  }
}

export function makeCell(index: number, stage: string, sharing = 1): PlannedCell {
  const id = sha256(`cell ${index}`).slice(0, 12)
  return {
    id,
    stage,
    configuration: { build: `b${index % 3}`, bus: index % 2 === 0 ? 'nvme' : 'ide', index: String(index) },
    machine: { cpu: { count: 1 }, memoryMiB: 512 },
    image: `image-${index % 3}`,
    os: 'linux',
    products: [],
    provider: 'simulated',
    purpose: 'test',
    controlKey: sha256(`control ${Math.floor(index / sharing)}`),
    expectedSeconds: 60,
  }
}
