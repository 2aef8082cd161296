/** The demo's matrix, cut to the two processors that tell the bad content from the good one, with checkpoints for its stage. */
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse, stringify } from 'yaml'
import { runCandidate, type CandidateOutcome, type RunControls } from '../../src/app/run-candidate.ts'
import type { RunEvent } from '../../src/model/event.ts'

const root = resolve(import.meta.dirname, '../..')
/** Images and layers are the same for all tests of this computer; checkpoints are each test's own. */
const SHARED = process.env['RINGZERO_TEST_STORE'] ?? join(tmpdir(), 'rz-store')

const SHELVES = ['images', 'packages', 'modules', 'layers'] as const

export interface LaneLab {
  readonly folder: string
  readonly store: string
  readonly matrix: string
  readonly lab: string
}

export function laneLab(): LaneLab {
  const folder = mkdtempSync(join(tmpdir(), 'rz-lane-'))
  const store = join(folder, 'store')
  mkdirSync(store)
  for (const shelf of SHELVES) {
    mkdirSync(join(SHARED, shelf), { recursive: true })
    symlinkSync(join(SHARED, shelf), join(store, shelf))
  }
  const matrix = parse(readFileSync(join(root, 'matrices/demo.yaml'), 'utf8')) as {
    axes: Record<string, { values: { id: string }[] }>
    constraints?: unknown
    stages: unknown
  }
  const keep = new Set(['generic', 'baseline', 'avx', 'm192', 'virtio', 'sensor'])
  for (const axis of Object.values(matrix.axes)) axis.values = axis.values.filter(({ id }) => keep.has(id))
  delete matrix.constraints
  matrix.stages = [{ id: 'smoke', full: true, start: 'checkpoint' }]
  writeFileSync(join(folder, 'matrix.yaml'), stringify(matrix))
  const lab = parse(readFileSync(join(root, 'fixtures/labs/qemu-demo.lab.yaml'), 'utf8')) as Record<
    string,
    unknown
  >
  const products = [{ folder: join(root, 'fixtures/products/sensor') }]
  writeFileSync(join(folder, 'lab.yaml'), stringify({ ...lab, products, store }))
  return { folder, store, matrix: join(folder, 'matrix.yaml'), lab: join(folder, 'lab.yaml') }
}

/** A candidate of the demo; `told`: the sensor reads it at once, not at the next start. */
export function laneCandidate(lab: LaneLab, name: 'good-content' | 'bad-content', told: boolean): string {
  const folder = join(lab.folder, `${name}${told ? '-told' : ''}`)
  if (existsSync(folder)) return folder
  cpSync(join(root, 'fixtures/candidates', name), folder, { recursive: true })
  if (!told) return folder
  const file = join(folder, 'candidate.yaml')
  const candidate = parse(readFileSync(file, 'utf8')) as {
    recipes: { linux: { install: Record<string, unknown>; rollback?: unknown } }
  }
  const again = 'rmmod ringzero_sensor && exec /etc/ringzero-guest/boot.d/10-sensor'
  const run = [{ program: '/bin/sh', arguments: ['-c', again] }]
  candidate.recipes.linux.install['run'] = run
  candidate.recipes.linux.rollback = { run }
  writeFileSync(file, stringify(candidate))
  return folder
}

/** Runs a candidate on it, in its own folder of the lab. */
export async function laneRun(
  { folder, matrix, lab }: LaneLab,
  candidate: string,
  name: string,
  onEvent: (event: RunEvent) => void = () => undefined,
): Promise<CandidateOutcome & { readonly events: readonly RunEvent[] }> {
  const events: RunEvent[] = []
  const outcome = await runCandidate(
    { matrix, lab, candidate, seed: 1, effort: 1, isolate: 0, runFolder: join(folder, name) },
    laneControls((event) => {
      events.push(event)
      onEvent(event)
    }),
  )
  return { ...outcome, events }
}

export function laneControls(onEvent: (event: RunEvent) => void): RunControls {
  return {
    signal: new AbortController().signal,
    log: { log: () => undefined },
    watch: () => ({ onEvent, close: async () => await Promise.resolve() }),
    keepGoing: true,
    keepFailed: false,
    policy: undefined,
  }
}

/** Processes of this computer that work inside the folder. */
export function processesOf(folder: string): string[] {
  return globSync('/proc/[0-9]*/cwd').flatMap((path) => {
    try {
      return readlinkSync(path).startsWith(folder) ? [path] : []
    } catch {
      return []
    }
  })
}

export function removeLane({ folder, store }: LaneLab): void {
  // Links first: what they lead to is shared.
  for (const shelf of SHELVES) rmSync(join(store, shelf), { force: true })
  rmSync(folder, { recursive: true, force: true })
}
