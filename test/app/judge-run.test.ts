import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compareRuns } from '../../src/app/compare-runs.ts'
import { explainCell } from '../../src/app/explain-cell.ts'
import { gateRun } from '../../src/app/gate-run.ts'
import { judgeRun } from '../../src/app/judge-run.ts'
import { writeRunInputs } from '../../src/record/run-inputs.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'
import { ReportSchema, GateSchema } from '../../src/model/report.ts'
import { journalOf, T0 } from '../stand-ins/scripted-journal.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'
import { RECORDED_RUNS, type RecordedRun } from '../stand-ins/recorded-runs.ts'

const root = resolve(import.meta.dirname, '../../fixtures/journals')
const folderOf = (name: string): string => join(root, name)

beforeAll(async () => {
  if (process.env['RINGZERO_WRITE_FIXTURES'] !== undefined)
    for (const run of RECORDED_RUNS) await writeFixture(run)
})

async function writeFixture(run: RecordedRun): Promise<void> {
  const folder = folderOf(run.name)
  const plan = scriptedPlan(run.repeats === undefined ? {} : { repeats: run.repeats })
  const scripts = plan.cells.flatMap(({ id, configuration }) => run.script(id, configuration))
  const events = journalOf(plan, scripts, { closed: run.closed ?? true })
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'plan.json'), `${JSON.stringify(plan)}\n`)
  await writeFile(join(folder, 'journal.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  await writeRunInputs(folder, {
    matrix: {
      version: 1,
      id: plan.matrix,
      axes: Object.fromEntries(
        plan.axes.map(({ id, values }) => [id, { values: values.map((value) => ({ id: value.id })) }]),
      ),
    },
    candidate: {
      version: 1,
      id: 'channel-291',
      title: 'Channel file',
      release: '291',
      kind: 'content',
      files: [{ path: 'channel-291.bin', sha256: 'd'.repeat(64) }],
    },
    candidateSha256: 'c'.repeat(64),
    files: { matrix: 'matrix.yaml', lab: 'lab.yaml', candidate: 'candidate' },
  })
}

describe('a recorded run', () => {
  test.each(RECORDED_RUNS)('$name is judged as $decision', async (run) => {
    const { report, gate } = await judgeRun(folderOf(run.name), DEFAULT_POLICY, T0)
    const counts: Record<string, number> = {}
    for (const { verdict } of report.cells) {
      const key = `${verdict.outcome} ${verdict.blame}`
      counts[key] = (counts[key] ?? 0) + 1
    }
    expect({ decision: gate.decision, cells: counts }).toEqual({ decision: run.decision, cells: run.cells })
    expect(report.suspects[0]?.values).toEqual(run.suspect)
    expect(ReportSchema.parse(report)).toEqual(report)
    expect(GateSchema.parse(gate)).toEqual(gate)
    expect(report.coverage.gaps.join('\n')).toContain('Physical processor families')
  })

  test('is judged the same again and again', async () => {
    const folder = folderOf('boot-loop-on-a-pair')
    const first = await judgeRun(folder, DEFAULT_POLICY, T0)
    const second = await judgeRun(folder, DEFAULT_POLICY, T0)
    expect(second.report).toEqual(first.report)
  })

  test('can be judged under another policy', async () => {
    const policy = { ...DEFAULT_POLICY, rules: [{ id: 'few', metric: 'failing-cells' as const, atMost: 5 }] }
    expect((await gateRun(folderOf('boot-loop-on-a-pair'), policy, T0)).decision).toBe('release')
  })

  test('with an intermittent crash says how often it failed, and bounds it', async () => {
    const { report } = await judgeRun(folderOf('intermittent'), DEFAULT_POLICY, T0)
    const failing = report.cells.find(({ verdict }) => verdict.outcome === 'fail')?.verdict
    expect(failing).toMatchObject({ failing: 1, valid: 3 })
    expect(failing?.rateLow).toBeGreaterThan(0)
    expect(failing?.rateHigh).toBeLessThan(0.95)
  })
})

describe('a run folder that is not whole', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringzero-judge-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('never releases, wherever its journal is cut', async () => {
    const source = folderOf('good')
    for (const name of ['plan.json', 'inputs.json'])
      await writeFile(join(folder, name), await readFile(join(source, name)))
    const journal = await readFile(join(source, 'journal.jsonl'))
    for (let share = 0; share < 20; share += 1) {
      await writeFile(
        join(folder, 'journal.jsonl'),
        journal.subarray(0, Math.floor((journal.length * share) / 20)),
      )
      expect((await gateRun(folder, DEFAULT_POLICY, T0)).decision).toBe('inconclusive')
    }
    await rm(join(folder, 'journal.jsonl'))
    const { report } = await judgeRun(folder, DEFAULT_POLICY, T0)
    expect(report.counts['not-run']).toBe(8)
  })

  test('is refused with the file that is wrong', async () => {
    await writeFile(join(folder, 'plan.json'), '{}')
    await expect(judgeRun(folder, DEFAULT_POLICY, T0)).rejects.toMatchObject({
      fault: 'user',
      where: { file: join(folder, 'plan.json') },
    })
  })
})

describe('one cell', () => {
  const folder = folderOf('boot-loop-on-a-pair')

  test('is explained with its starts, its control, its likes and what is suspected', async () => {
    const cell = await explainCell(folder, 'micro-612-netwatch-max', DEFAULT_POLICY, T0)
    expect(cell.verdict.outcome).toBe('fail')
    expect(cell.similar.map(({ cell: id }) => id)).toEqual(['micro-61-netwatch-max'])
    expect(cell.suspects[0]?.values).toEqual({ product: 'netwatch', cpu: 'max' })
    expect(cell.attempts[0]?.boots.map(({ ended }) => ended)).toEqual(['settled', 'crash', 'crash', 'crash'])
    expect(cell.attempts.map(({ arm }) => arm)).toEqual(['candidate', 'control'])
  })

  test('can be named by the beginning of its id; a wrong name is told with the nearest', async () => {
    expect((await explainCell(folder, 'micro-61-none-q', DEFAULT_POLICY, T0)).cell).toBe(
      'micro-61-none-qemu64',
    )
    await expect(explainCell(folder, 'micro-61-', DEFAULT_POLICY, T0)).rejects.toThrow('fits 4 cells')
    await expect(explainCell(folder, 'micro-61-none-mix', DEFAULT_POLICY, T0)).rejects.toMatchObject({
      code: 'CELL_UNKNOWN',
      hint: 'did you mean micro-61-none-max?',
    })
  })
})

test('two runs are compared cell by cell', async () => {
  const { diff } = await compareRuns(folderOf('good'), folderOf('boot-loop-on-a-pair'), DEFAULT_POLICY, T0)
  expect(diff.broken.map(({ configuration }) => configuration['cpu'])).toEqual(['max', 'max'])
  expect(diff.newSignatures.map((signature) => signature.split('|')[0])).toEqual(['boot-loop', 'panic'])
  expect(diff).toMatchObject({ fixed: [], stillFailing: [], unchanged: 6, onlyBefore: 0, onlyAfter: 0 })
  const { diff: back } = await compareRuns(
    folderOf('boot-loop-on-a-pair'),
    folderOf('good'),
    DEFAULT_POLICY,
    T0,
  )
  expect(back.fixed).toHaveLength(2)
  // A cell that lost its verdict is not fixed.
  const { diff: open } = await compareRuns(
    folderOf('boot-loop-on-a-pair'),
    folderOf('control-also-red'),
    DEFAULT_POLICY,
    T0,
  )
  expect(open.fixed).toEqual([])
  expect(open.otherwise).toHaveLength(2)
})
