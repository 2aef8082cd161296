/** Runs of before order a plan: what failed comes early, and how long a machine takes is what it took. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { planMatrix } from '../../src/app/plan-matrix.ts'
import { loadRunHistory, type RunHistory } from '../../src/app/run-history.ts'
import type { Plan } from '../../src/model/plan.ts'
import { readRunInputs } from '../../src/record/run-inputs.ts'

const journals = resolve(import.meta.dirname, '../../fixtures/journals')
const root = mkdtempSync(join(tmpdir(), 'rz-history-'))
afterAll(() => rmSync(root, { recursive: true }))

function folderOf(name: string, ...runs: readonly string[]): string {
  const folder = join(root, name)
  mkdirSync(folder)
  for (const run of runs) {
    cpSync(join(journals, run), join(folder, run), { recursive: true })
    // Recorded runs share an id; here each is a run of its own.
    const journal = join(folder, run, 'journal.jsonl')
    writeFileSync(journal, readFileSync(journal, 'utf8').replace(/"run":"[^"]*"/, `"run":"${run}"`))
  }
  return folder
}

const load = async (folder: string): Promise<{ history: RunHistory; warnings: string[] }> => {
  const warnings: string[] = []
  return { history: await loadRunHistory(folder, (message) => warnings.push(message)), warnings }
}

async function plan(history?: RunHistory): Promise<Plan> {
  const { matrix } = await readRunInputs(join(journals, 'good'))
  return await planMatrix({
    loaded: {
      matrix: { ...matrix, stages: [{ id: 'all', full: true }] },
      file: '/m.yaml',
      sha256: 'c'.repeat(64),
    },
    products: new Map(),
    offers: [],
    checks: [],
    seed: 1,
    effort: 0,
    isolate: 0,
    toolVersion: '0',
    ...(history === undefined ? {} : { history }),
  })
}

describe('a folder of earlier runs', () => {
  it('tells of each cell with a verdict whether it failed and how long its starts took', async () => {
    const { history, warnings } = await load(folderOf('two', 'good', 'boot-loop-on-a-pair'))
    expect(warnings).toEqual([])
    expect(history.runs.map(({ name }) => name)).toEqual(['boot-loop-on-a-pair', 'good'])
    expect(history.cells).toHaveLength(16)
    expect(history.cells.filter(({ failed }) => failed).map(({ configuration }) => configuration)).toEqual([
      { build: 'micro-6.1', product: 'netwatch', cpu: 'max' },
      { build: 'micro-6.12', product: 'netwatch', cpu: 'max' },
    ])
    expect(history.cells.every(({ startSeconds = 0 }) => startSeconds > 0)).toBe(true)
  })

  it('is read past what is no run, or was simulated, and says what it left out', async () => {
    const folder = folderOf('mixed', 'good', 'boot-loop-on-a-pair')
    mkdirSync(join(folder, 'notes'))
    const journal = join(folder, 'good', 'journal.jsonl')
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('"simulated":false', '"simulated":true'))
    const { history, warnings } = await load(folder)
    expect(history.runs.map(({ name }) => name)).toEqual(['boot-loop-on-a-pair'])
    expect(warnings).toEqual([
      expect.stringContaining('run good was simulated'),
      expect.stringContaining('notes is left out of the history'),
    ])
  })

  it('that is not there is the user’s fault', async () => {
    await expect(load(join(root, 'nowhere'))).rejects.toMatchObject({ fault: 'user' })
  })
})

describe('a plan', () => {
  it('with a history begins with what failed, and takes as long as it took', async () => {
    const { history } = await load(folderOf('failed', 'boot-loop-on-a-pair'))
    const [before, after] = [await plan(), await plan(history)]
    const places = ({ cells }: Plan): readonly number[] =>
      cells.flatMap(({ configuration: { product, cpu } }, at) =>
        product === 'netwatch' && cpu === 'max' ? [at] : [],
      )
    expect(places(after)[0]).toBe(0)
    expect(places(before)[0]).not.toBe(0)
    expect(new Set(after.cells.map(({ id }) => id))).toEqual(new Set(before.cells.map(({ id }) => id)))
    expect(after.inputs).toContainEqual({
      role: 'history',
      name: 'boot-loop-on-a-pair',
      sha256: history.runs[0]?.sha256,
    })
    expect(await plan(history)).toEqual(after)
  })
})
