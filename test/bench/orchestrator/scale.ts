/**
 * Whole runs of the command line on simulated machines, as a person starts them: plan, attempts with all phases, journal, verdicts,
 * suspects, gate and every report. Time and memory for each size, in the two shapes that differ most.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { writeSimulatedProject } from '../../stand-ins/simulated-project.ts'
import { temporaryFolder } from '../../stand-ins/simulated-lab.ts'
import { formatTable } from '../covering/format-table.ts'
import type { BenchResult } from './bench-result.ts'

const main = resolve(import.meta.dirname, '../../../dist/main.js')
const usage = resolve(import.meta.dirname, 'measured-child.ts')

/** Values of five axes, and what a run of their product may take on two processors. */
const SIZES = [
  { cells: 1000, values: [5, 5, 5, 4, 2], seconds: undefined, memoryMiB: undefined },
  { cells: 10_000, values: [10, 10, 10, 5, 2], seconds: 60, memoryMiB: 1024 },
  { cells: 100_000, values: [10, 10, 10, 10, 10], seconds: 720, memoryMiB: 2048 },
] as const
/** How much more a cell may take in the largest run than in the smallest. */
const MOST_GROWTH = 1.3
const LARGEST_PAGE_MIB = 25
const MACHINES = 64

/** Of each axis one value in a field that makes each configuration a machine of its own. */
const FRAGMENTS: readonly ((at: number) => object)[] = [
  (at) => ({ memoryMiB: 256 + 16 * at }),
  (at) => ({ disk: { sizeGiB: 10 + at } }),
  (at) => ({ numaNodes: 1 + at }),
  (at) => ({ clock: `2026-01-${10 + at}T12:00:00Z` }),
  (at) => ({ dynamicMemory: { minimumMiB: 64 + at, maximumMiB: 4096 } }),
]

const SHAPES = [
  { id: 'own', title: 'each cell with a control of its own', own: true },
  { id: 'shared', title: 'all cells share one control', own: false },
] as const

interface Measured {
  readonly cells: number
  readonly seconds: number
  /** Of all threads; beside the seconds it tells what other work on the computer cost. */
  readonly cpuSeconds: number
  readonly memoryMiB: number
  /** The report's page. */
  readonly pageMiB: number
  /** Everything that the run wrote. */
  readonly reportMiB: number
  readonly exit: number | null
}

/** Runs all sizes of both shapes; `RINGZERO_BENCH_CELLS` (as `1000,10000`) chooses among the sizes. */
export function benchScale(): Promise<BenchResult> {
  const chosen = process.env['RINGZERO_BENCH_CELLS']?.split(',').map(Number)
  const sizes = SIZES.filter(({ cells }) => chosen === undefined || chosen.includes(cells))
  const lines: string[] = []
  let passed = true
  for (const shape of SHAPES) {
    const measured = sizes.map(({ cells, values }) => {
      const one = measure(cells, values, shape.own)
      console.log(
        `  ${shape.id}, ${cells} cells: ${one.seconds.toFixed(1)} s, ${one.cpuSeconds.toFixed(1)} s of CPU, ${one.memoryMiB} MiB`,
      )
      return one
    })
    const each = measured.map(({ seconds, cells }) => (1000 * seconds) / cells)
    lines.push(
      `${shape.title}; 4 % of the cells loop, which is blamed on two values`,
      ...formatTable([
        [
          'cells',
          'seconds',
          'CPU s',
          'ms a cell',
          'of the first',
          'memory MiB',
          'reports MiB',
          'page MiB',
          'exit',
        ],
        ...measured.map((one, at) => [
          one.cells.toLocaleString('en'),
          one.seconds.toFixed(1),
          one.cpuSeconds.toFixed(1),
          each[at]!.toFixed(2),
          `${(each[at]! / each[0]!).toFixed(2)} ×`,
          String(one.memoryMiB),
          one.reportMiB.toFixed(1),
          one.pageMiB.toFixed(1),
          String(one.exit),
        ]),
      ]),
    )
    passed &&= measured.every(({ cells, seconds, memoryMiB, pageMiB, exit }, at) => {
      const limit = SIZES.find((size) => size.cells === cells)
      return (
        exit === 1 &&
        pageMiB <= LARGEST_PAGE_MIB &&
        seconds <= (limit?.seconds ?? Infinity) &&
        memoryMiB <= (limit?.memoryMiB ?? Infinity) &&
        each[at]! <= MOST_GROWTH * each[0]!
      )
    })
  }
  return Promise.resolve({
    name: `whole simulated runs: 10,000 cells in 60 s and 1 GiB, 100,000 in 12 min and 2 GiB, a cell at most ${MOST_GROWTH} × that of 1,000, a page at most ${LARGEST_PAGE_MIB} MiB`,
    passed,
    lines,
  })
}

function measure(cells: number, values: readonly number[], own: boolean): Measured {
  const folder = temporaryFolder()
  try {
    writeInputs(folder, values, own)
    const path = join(folder, 'usage.json')
    const begun = performance.now()
    const { status } = spawnSync(
      process.execPath,
      ['--import', usage, main, 'run', 'matrix.yaml', '--candidate', 'update', '--run-dir', 'run'],
      { cwd: folder, stdio: 'ignore', env: { ...process.env, CI: 'true', RINGZERO_BENCH_USAGE: path } },
    )
    const seconds = (performance.now() - begun) / 1000
    const used = JSON.parse(readFileSync(path, 'utf8')) as NodeJS.ResourceUsage
    const reports = ['report.json', 'index.html', 'junit.xml', 'summary.md', 'gate.json']
    const bytes = reports.reduce((sum, name) => sum + statSync(join(folder, 'run/report', name)).size, 0)
    return {
      cells,
      seconds,
      cpuSeconds: (used.userCPUTime + used.systemCPUTime) / 1_000_000,
      memoryMiB: Math.round(used.maxRSS / 1024),
      pageMiB: statSync(join(folder, 'run/report/index.html')).size / 1024 / 1024,
      reportMiB: bytes / 1024 / 1024,
      exit: status,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeInputs(folder: string, values: readonly number[], own: boolean): void {
  const axes = Object.fromEntries(
    values.map((count, axis) => [
      `a${axis}`,
      {
        values: Array.from({ length: count }, (_, at) => ({
          id: `v${at}`,
          ...(own ? { machine: FRAGMENTS[axis]!(at) } : {}),
        })),
      },
    ]),
  )
  const faults = [{ when: { configuration: { a0: 'v1', a1: 'v1' } }, behaviour: 'boot-loop' }]
  const capacity = { vcpus: 4 * MACHINES, memoryMiB: 1024 * MACHINES, machines: MACHINES }
  writeSimulatedProject(folder, { id: 'scale', axes, capacity, options: { faults } })
}
