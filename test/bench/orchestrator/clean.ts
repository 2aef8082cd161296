/**
 * Harmless updates on healthy machines, the way a user goes: the built command line plans, runs and judges. Whatever is not a
 * pass here is a false alarm. 240 cells are simulated under a noisy host, 60 are real machines.
 *
 * `RINGZERO_CLEAN` chooses slices (`simulated`, or names of updates as `tool,rules`); `RINGZERO_CLEAN_FOLDER` names a folder for
 * the runs and the store, so that slices of several processes share their controls, as the runs of one user do. With such a
 * folder `RINGZERO_CLEAN_SECONDS` interrupts a run after so long; the next call of the same slice resumes it.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { sha256 } from '../../../src/kit/hash.ts'
import { monotonicMs } from '../../../src/kit/clock.ts'
import type { Gate, Report } from '../../../src/model/report.ts'
import { HARMLESS_UPDATES, type HarmlessUpdate } from '../../stand-ins/harmless-updates.ts'
import { writeSimulatedProject } from '../../stand-ins/simulated-project.ts'
import type { BenchResult } from './bench-result.ts'

const root = resolve(import.meta.dirname, '../../..')
const main = join(root, 'dist/main.js')
/** Images and layers, which all real machines of this computer share. */
const SHARED = process.env['RINGZERO_TEST_STORE'] ?? join(tmpdir(), 'rz-store')
const SHELVES = ['images', 'packages', 'modules', 'layers'] as const
const SIMULATED_CELLS = 240
/** What a loaded host was seen to do to times of the small guest: one standard deviation of their logarithm. */
const NOISE = 0.6

interface Slice {
  readonly name: string
  readonly seconds: number
  readonly cells: number
  readonly holds: number
  /** One line for each cell that is no pass. */
  readonly alarms: readonly string[]
}

export function cleanCells(): Promise<BenchResult> {
  const chosen = process.env['RINGZERO_CLEAN']?.split(',')
  const kept = process.env['RINGZERO_CLEAN_FOLDER']
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'rz-clean-'))
  mkdirSync(folder, { recursive: true })
  const wanted = (name: string): boolean => chosen?.includes(name) ?? true
  const slices: Slice[] = []
  try {
    if (wanted('simulated')) slices.push(simulatedSlice(folder))
    for (const update of HARMLESS_UPDATES) if (wanted(update.id)) slices.push(realSlice(folder, update))
  } finally {
    if (kept === undefined) {
      // Links first: what they lead to is shared.
      for (const shelf of SHELVES) rmSync(join(folder, 'store', shelf), { force: true })
      rmSync(folder, { recursive: true, force: true })
    }
  }
  const sum = (of: (slice: Slice) => number): number => slices.reduce((total, slice) => total + of(slice), 0)
  const [cells, holds, alarms] = [
    sum((slice) => slice.cells),
    sum((slice) => slice.holds),
    slices.flatMap((slice) => slice.alarms),
  ]
  return Promise.resolve({
    name: 'harmless updates on healthy machines: no hold, no warning',
    passed: cells > 0 && holds === 0 && alarms.length === 0,
    lines: [
      ...slices.map(
        ({ name, cells: count, alarms: told, seconds }) =>
          `${name.padEnd(10)} ${count} cells, ${told.length} without a pass, ${seconds.toFixed(0)} s`,
      ),
      `${cells} cells, ${holds} held, ${alarms.length} without a pass`,
      ...alarms,
    ],
  })
}

function simulatedSlice(folder: string): Slice {
  const project = join(folder, 'simulated')
  rmSync(project, { recursive: true, force: true })
  mkdirSync(project)
  const values = (
    count: number,
    machine: (at: number) => object,
  ): { values: { id: string; machine: object }[] } => ({
    values: Array.from({ length: count }, (_, at) => ({ id: `v${at}`, machine: machine(at) })),
  })
  writeSimulatedProject(project, {
    id: 'clean',
    axes: {
      memory: values(SIMULATED_CELLS / 12, (at) => ({ memoryMiB: 256 + 16 * at })),
      disk: values(4, (at) => ({ disk: { sizeGiB: 10 + at } })),
      numa: values(3, (at) => ({ numaNodes: 1 + at })),
    },
    capacity: { vcpus: 64, memoryMiB: 65_536, machines: 16 },
    options: { noise: NOISE },
  })
  return runSlice('simulated', project, 'update', SIMULATED_CELLS)
}

function realSlice(folder: string, update: HarmlessUpdate): Slice {
  const store = join(folder, 'store')
  mkdirSync(store, { recursive: true })
  for (const shelf of SHELVES) {
    mkdirSync(join(SHARED, shelf), { recursive: true })
    if (!existsSync(join(store, shelf))) symlinkSync(join(SHARED, shelf), join(store, shelf))
  }
  const project = join(folder, update.id)
  if (existsSync(interruptedMark(project))) return runSlice(update.id, project, 'update', 12)
  rmSync(project, { recursive: true, force: true })
  mkdirSync(join(project, 'update'), { recursive: true })
  writeFileSync(join(project, 'lab.yaml'), stringify(labOf(store)))
  writeFileSync(join(project, 'matrix.yaml'), stringify(MATRIX))
  if (update.fixture === undefined) writeUpdate(join(project, 'update'), update)
  else cpSync(join(root, 'fixtures/candidates', update.fixture), join(project, 'update'), { recursive: true })
  return runSlice(update.id, project, 'update', 12)
}

/** Exists while the run of this project waits to be resumed. */
function interruptedMark(project: string): string {
  return join(project, 'interrupted')
}

function runSlice(name: string, project: string, candidate: string, cells: number): Slice {
  const begun = monotonicMs()
  const mark = interruptedMark(project)
  const seconds = process.env['RINGZERO_CLEAN_SECONDS']
  const cli = (...words: string[]): string => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [main, ...words], {
      cwd: project,
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
      env: { ...process.env, CI: 'true' },
      ...(seconds === undefined ? {} : { timeout: 1000 * Number(seconds), killSignal: 'SIGINT' }),
    })
    if (status === 130) {
      writeFileSync(mark, '')
      return ''
    }
    // 0, 1 and 3 are decisions; the report says which, cell by cell.
    if (status !== 0 && status !== 1 && status !== 3)
      throw new Error(`ringzero ${words.join(' ')} ended with ${status}: ${stderr.slice(-2000)}`)
    return stdout
  }
  if (existsSync(mark)) {
    rmSync(mark)
    cli('resume', 'run', '--keep-going')
  } else {
    const inputs = ['--lab', 'lab.yaml', '--candidate', candidate]
    cli('plan', 'matrix.yaml', ...inputs, '--seed', '1', '--out', 'plan.json')
    cli('run', '--plan', 'plan.json', '--run-dir', 'run', '--keep-going')
  }
  const report = JSON.parse(cli('judge', 'run', '--json')) as Report & { gate: Gate }
  const alarms = report.cells.flatMap(({ planned, verdict }) =>
    verdict.outcome === 'pass' || (verdict.outcome === 'not-run' && existsSync(mark))
      ? []
      : [
          `${name}: ${verdict.outcome}, ${verdict.blame}: ${Object.values(planned.configuration).join(' ')}: ${verdict.because}`,
        ],
  )
  for (const line of alarms) console.log(`  ${line}`)
  if (existsSync(mark)) alarms.push(`${name}: interrupted, to be resumed by the same command`)
  if (report.cells.length !== cells) alarms.push(`${name}: ${report.cells.length} cells, not ${cells}`)
  return {
    name,
    seconds: (monotonicMs() - begun) / 1000,
    cells: report.cells.filter(({ verdict }) => verdict.outcome !== 'not-run').length,
    holds: report.gate.decision === 'hold' ? 1 : 0,
    alarms,
  }
}

/** Each combination of kernel, processor and neighbours. */
const MATRIX = {
  version: 1,
  id: 'clean',
  axes: {
    build: { values: ['generic', 'cloud'].map((id) => ({ id, image: id })) },
    cpu: {
      values: [
        { id: 'baseline', machine: { cpu: { model: 'qemu64' } } },
        { id: 'avx', machine: { cpu: { model: 'max' } } },
      ],
    },
    products: {
      values: [
        { id: 'none', products: [] },
        { id: 'sensor', products: ['sensor'] },
        { id: 'office', products: ['netwatch', 'filekeeper'] },
      ],
    },
  },
  defaults: { machine: { memoryMiB: 192, disk: { bus: 'virtio' } } },
  stages: [{ id: 'full', full: true }],
  restarts: 1,
  soakSeconds: 2,
}

function labOf(store: string): object {
  return {
    version: 1,
    store,
    hosts: [{ name: 'local', provider: 'qemu', capacity: { vcpus: 4, memoryMiB: 2048, machines: 4 } }],
    images: ['generic', 'cloud'].map((id) => ({
      id,
      kind: 'linux-micro',
      os: 'linux',
      build: { kernel: id },
    })),
    products: ['sensor', 'netwatch', 'filekeeper'].map((id) => ({
      folder: join(root, 'fixtures/products', id),
    })),
  }
}

function writeUpdate(folder: string, { id, says, kind, files = {}, recipe }: HarmlessUpdate): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const candidate = {
    version: 1,
    id,
    title: says,
    release: '1.0',
    kind,
    files: Object.entries(files).map(([path, text]) => ({ path, sha256: sha256(text) })),
    recipes: { linux: recipe },
  }
  writeFileSync(join(folder, 'candidate.yaml'), stringify(candidate))
}
