/** A fault that shows in some repeats only, through a whole run: planned, run, judged, isolated, named. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judgeRun } from '../../src/app/judge-run.ts'
import { loadPolicy } from '../../src/inputs/load-policy.ts'
import { runCandidate } from '../../src/app/run-candidate.ts'
import { sha256 } from '../../src/kit/hash.ts'
import type { Report } from '../../src/model/report.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-isolate-'))
afterAll(() => rmSync(folder, { recursive: true }))

const candidate = join(folder, 'update')
beforeAll(() => {
  mkdirSync(candidate)
  writeFileSync(join(candidate, 'x.dat'), 'content')
  writeFileSync(
    join(candidate, 'candidate.yaml'),
    `version: 1\nid: update\nrelease: "1"\nkind: content\nfiles: [{path: x.dat, sha256: ${sha256('content')}}]
recipes: {linux: {install: {place: [{file: x.dat, to: /opt/x.dat}]}}}\n`,
  )
})

const AXES = ['a', 'b', 'c', 'd']

/** Runs four axes of two values, each cell three times, on a host where the fault comes with this probability. */
async function run(name: string, fault: string, probability: number, seed: number): Promise<Report> {
  const matrix = join(folder, `${name}.yaml`)
  const axes = AXES.map((axis) => `  ${axis}: {values: [{id: x}, {id: y}]}`).join('\n')
  writeFileSync(
    matrix,
    `version: 1\nid: repeated\naxes:\n${axes}\nrepeats: 3\ndefaults: {image: micro, machine: {memoryMiB: 256}}\n`,
  )
  const lab = join(folder, `${name}.lab.yaml`)
  const options = `{seed: ${seed}, faults: [{when: {configuration: ${fault}}, behaviour: boot-loop, probability: ${probability}}]}`
  const host = `{name: sim, provider: simulated, capacity: {vcpus: 64, memoryMiB: 65536, machines: 16}, options: ${options}}`
  writeFileSync(
    lab,
    `version: 1\nhosts: [${host}]\nimages: [{id: micro, kind: linux-micro, os: linux}]\nstore: ${join(folder, 'store')}\n`,
  )
  const runFolder = join(folder, name)
  const controls = {
    signal: new AbortController().signal,
    log: { log: () => undefined },
    watch: () => ({ onEvent: () => undefined, close: () => Promise.resolve() }),
    keepGoing: true,
    keepFailed: false,
    policy: undefined,
  }
  await runCandidate({ matrix, lab, candidate, runFolder, seed: 1, effort: 1, isolate: 4 }, controls)
  const policy = await loadPolicy(undefined)
  return (await judgeRun(runFolder, policy, 0)).report
}

describe('a fault that shows in some repeats only', () => {
  it.each([
    [0.5, 4],
    [0.6, 5],
  ])('with probability %d is named, and no lucky pass acquits it (seed %d)', async (probability, seed) => {
    const report = await run(`run-${seed}`, '{a: x, c: y}', probability, seed)
    const failing = report.cells.filter(({ verdict }) => verdict.outcome === 'fail')
    expect(failing.some(({ verdict }) => verdict.failing < verdict.valid)).toBe(true)
    expect(report.suspects[0]?.values).toEqual({ a: 'x', c: 'y' })
    const plan = JSON.parse(readFileSync(join(folder, `run-${seed}`, 'plan.json'), 'utf8')) as {
      cells: unknown[]
    }
    expect(report.cells.length - plan.cells.length).toBeLessThanOrEqual(4)
  })
})
