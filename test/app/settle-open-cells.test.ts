/** A run orders further repeats where one number against one leaves the answer open, and nowhere else; a killed one goes on with them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judgeRun } from '../../src/app/judge-run.ts'
import { resumeCandidate, runCandidate, type RunControls } from '../../src/app/run-candidate.ts'
import { loadPolicy } from '../../src/inputs/load-policy.ts'
import { sha256 } from '../../src/kit/hash.ts'
import type { RunEvent } from '../../src/model/event.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-settle-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const candidate = join(folder, 'update')
let matrix: string
let policy: string
beforeAll(() => {
  mkdirSync(candidate)
  file('update/x.dat', 'content')
  file(
    'update/candidate.yaml',
    `version: 1\nid: update\nrelease: "1"\nkind: content\nfiles: [{path: x.dat, sha256: ${sha256('content')}}]
recipes: {linux: {install: {place: [{file: x.dat, to: /opt/x.dat}]}}}\n`,
  )
  matrix = file(
    'matrix.yaml',
    'version: 1\nid: m\naxes: {a: {values: [{id: x}, {id: y}]}}\nrestarts: 1\nstrength: 1\ndefaults: {image: micro, machine: {memoryMiB: 256}}\n',
  )
  policy = file(
    'policy.yaml',
    'version: 1\nid: p\nrules: [{id: r, metric: failing-cells, atMost: 0}]\nbudgets: [{measure: start-time, relative: 0.5}]\n',
  )
})

const controls = (changes: Partial<RunControls> = {}): RunControls => ({
  signal: new AbortController().signal,
  log: { log: () => undefined },
  watch: () => ({ onEvent: () => undefined, close: () => Promise.resolve() }),
  keepGoing: true,
  keepFailed: false,
  policy: undefined,
  ...changes,
})

function files(name: string, faults: string, settle: number, seed = 1, noise = 0) {
  const host = `{name: sim, provider: simulated, capacity: {vcpus: 8, memoryMiB: 8192, machines: 4}, options: {seed: ${seed}, noise: ${noise}, faults: [${faults}]}}`
  const lab = file(
    `${name}.lab.yaml`,
    `version: 1\nhosts: [${host}]\nimages: [{id: micro, kind: linux-micro, os: linux}]\nstore: ${join(folder, `store-${name}`)}\n`,
  )
  return { matrix, lab, candidate, runFolder: join(folder, name), seed: 1, effort: 1, isolate: 0, settle }
}

function journal(name: string): RunEvent[] {
  const lines = readFileSync(join(folder, name, 'journal.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as RunEvent)
}
const orders = (name: string) => journal(name).filter((event) => event.type === 'repeats-ordered')
const completed = (name: string, cell: string, arm: string): number =>
  journal(name).filter(
    (event) =>
      event.type === 'attempt-closed' &&
      event.cell === cell &&
      event.arm === arm &&
      event.end === 'completed',
  ).length
const verdicts = async (name: string, of?: string) => {
  const { report } = await judgeRun(join(folder, name), await loadPolicy(of), 0)
  return new Map(report.cells.map(({ planned, verdict }) => [planned.configuration['a'], verdict]))
}

const SLOW = '{when: {configuration: {a: x}}, behaviour: slow-boot}'

describe('run --settle', () => {
  it('repeats both arms of the open cell until the numbers decide, and no other cell', async () => {
    await runCandidate(files('slow', SLOW, 5), controls())
    const found = await verdicts('slow')
    const slow = found.get('x')
    expect(orders('slow').map((event) => event.repeats)).toEqual([1, 2, 3, 4])
    expect(new Set(orders('slow').map((event) => event.cell))).toEqual(new Set([slow?.cell]))
    expect(slow).toMatchObject({ outcome: 'warn', blame: 'candidate', valid: 5, control: { valid: 5 } })
    expect(slow?.open).toBeUndefined()
    expect(found.get('y')).toMatchObject({ outcome: 'pass', valid: 1 })
  })

  it('orders nothing where it is not asked for, and tells what is open', async () => {
    await runCandidate(files('unasked', SLOW, 0), controls())
    expect(orders('unasked')).toEqual([])
    expect((await verdicts('unasked')).get('x')).toMatchObject({ outcome: 'pass', open: [{ budget: false }] })
  })

  it('brings an answer to a budget, which leaves the cell without a verdict until then', async () => {
    await runCandidate(files('budget', SLOW, 5), controls({ policy }))
    expect((await verdicts('budget', policy)).get('x')).toMatchObject({ outcome: 'fail', valid: 4 })
    await runCandidate(files('budget-open', SLOW, 1), controls({ policy }))
    expect((await verdicts('budget-open', policy)).get('x')).toMatchObject({
      outcome: 'inconclusive',
      valid: 2,
    })
  })

  it('stops when the difference does not come again', async () => {
    // With this seed the fault is rolled for the first attempt of the candidate alone.
    const fault = '{when: {configuration: {a: x}}, behaviour: slow-boot, probability: 0.3}'
    await runCandidate(files('once', fault, 6, 6), controls())
    const verdict = (await verdicts('once')).get('x')
    expect(orders('once')).toHaveLength(1)
    expect(verdict).toMatchObject({ outcome: 'pass', valid: 2 })
    expect(verdict?.open).toBeUndefined()
  })

  it('repeats what noise of the host leaves open, and blames nothing for it', async () => {
    await runCandidate(files('noise', '', 8, 4, 0.7), controls())
    expect(orders('noise').length).toBeGreaterThan(0)
    for (const verdict of (await verdicts('noise')).values())
      expect(verdict).toMatchObject({ outcome: 'pass', blame: 'none' })
  })

  it('goes on after an interruption with what was ordered, and counts nothing twice', async () => {
    const stop = new AbortController()
    const watch = () => ({
      onEvent: (event: RunEvent) => {
        if (event.type === 'repeats-ordered') stop.abort()
      },
      close: () => Promise.resolve(),
    })
    const first = await runCandidate(files('cut', SLOW, 5), controls({ signal: stop.signal, watch }))
    expect(first.ended).toBe('interrupted')
    expect(orders('cut')).toHaveLength(1)
    await resumeCandidate(join(folder, 'cut'), controls())
    const verdict = (await verdicts('cut')).get('x')
    expect(orders('cut').map((event) => event.repeats)).toEqual([1, 2, 3, 4])
    expect(verdict).toMatchObject({ outcome: 'warn', valid: 5, control: { valid: 5 } })
    expect(completed('cut', verdict?.cell ?? '', 'candidate')).toBe(5)
    // Its first control is that of the other cell, which has the same machine.
    expect(completed('cut', verdict?.cell ?? '', 'control')).toBe(4)
  })
})
