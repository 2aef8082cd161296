/** A folder with a matrix, a lab of simulated hosts, a candidate and a plan; and runners that take shards of it through the built command line. */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Report } from '../../src/model/report.ts'

const root = resolve(import.meta.dirname, '../..')
export const folder = mkdtempSync(join(tmpdir(), 'rz-shards-'))

export interface Done {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const environment = (runner: string): NodeJS.ProcessEnv => ({
  ...process.env,
  CI: 'true',
  NO_COLOR: '1',
  RUNNER_NAME: runner,
})

export function ringzero(...commandLine: readonly string[]): Done {
  const done = spawnSync(process.execPath, [join(root, 'dist/main.js'), ...commandLine], {
    cwd: folder,
    encoding: 'utf8',
    env: environment('build-0'),
  })
  return { code: done.status, out: done.stdout, err: done.stderr }
}

/** The same without blocking this process, which serves what it waits for. */
export async function ringzeroAside(...commandLine: readonly string[]): Promise<Done> {
  const child = spawn(process.execPath, [join(root, 'dist/main.js'), ...commandLine], {
    cwd: folder,
    env: environment('build-0'),
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (data) => (out += String(data)))
  child.stderr.on('data', (data) => (err += String(data)))
  return await new Promise((settle) => child.on('close', (code) => settle({ code, out, err })))
}

export function shard(plan: string, index: number, count: number, ...rest: readonly string[]): Done {
  const done = spawnSync(
    process.execPath,
    [join(root, 'dist/main.js'), 'run', '--plan', plan, '--shard', `${index}/${count}`, ...rest],
    { cwd: folder, encoding: 'utf8', env: environment(`build-${index}`) },
  )
  return { code: done.status, out: done.stdout, err: done.stderr }
}

export const read = (...path: readonly string[]): unknown =>
  JSON.parse(readFileSync(join(folder, ...path), 'utf8'))
export const reportOf = (run: string): Report => read(run, 'report/report.json') as Report

/** What is judged, without when and on which host it was seen. */
export function judged(run: string): string {
  const report = reportOf(run)
  const { cells, controls, counts, suspects, coverage, stages, evidence } = report
  return JSON.stringify(
    {
      cells,
      controls: controls.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      counts,
      suspects,
      coverage,
      stages,
      evidence: evidence.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    },
    (key, value: unknown) => (['host', 'startedAt', 'endedAt'].includes(key) ? undefined : value),
  )
}

/** The same without the control, which is measured once more where another runner would have had it. */
export const outcomes = (run: string): unknown =>
  reportOf(run).cells.map(({ verdict }) => [
    verdict.cell,
    verdict.outcome,
    verdict.blame,
    verdict.failing,
    verdict.valid,
  ])

export const SHARDS = [1, 2, 3, 4, 5, 6, 7, 8]
export const folders = SHARDS.map((index) => `shard-${index}`)

/** Writes all input files and the plan. @throws Error when it cannot be planned */
export function preparePlan(): void {
  writeFileSync(
    join(folder, 'matrix.yaml'),
    `version: 1
id: small
axes:
  build: {values: [{id: a, image: micro}, {id: b, image: mini}]}
  cpu: {values: [{id: plain, machine: {cpu: {model: qemu64}}}, {id: avx, machine: {cpu: {model: max}}}]}
  memory: {values: [{id: low, machine: {memoryMiB: 256}}, {id: mid, machine: {memoryMiB: 384}}, {id: high, machine: {memoryMiB: 512}}]}
  site: {values: [{id: x}, {id: y}, {id: z}]}
stages:
  - {id: smoke, title: Smoke, cells: 2}
  - {id: pairwise, title: Pairs, strength: 2}
`,
  )
  writeFileSync(
    join(folder, 'lab.yaml'),
    `version: 1
store: store
hosts:
  - name: sim
    provider: simulated
    capacity: {vcpus: 8, memoryMiB: 32768, machines: 8}
    options: {faults: [{when: {configuration: {cpu: avx, memory: high}}, behaviour: boot-loop}]}
images: [{id: micro, kind: linux-micro, os: linux}, {id: mini, kind: linux-micro, os: linux}]
`,
  )
  mkdirSync(join(folder, 'update'))
  writeFileSync(join(folder, 'update/x.dat'), 'content')
  const sha256 = createHash('sha256').update('content').digest('hex')
  writeFileSync(
    join(folder, 'update/candidate.yaml'),
    `version: 1\nid: update\nrelease: "1"\nkind: content\nfiles: [{path: x.dat, sha256: ${sha256}}]\nrecipes: {linux: {install: {place: [{file: x.dat, to: /opt/x.dat}]}}}\n`,
  )
  const planned = ringzero(
    'plan',
    'matrix.yaml',
    '--lab',
    'lab.yaml',
    '--candidate',
    'update',
    '--out',
    'plan.json',
  )
  if (planned.code !== 0) throw new Error(planned.err)
}
