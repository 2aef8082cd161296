/** The small journals say what the judge makes of them: a change of the judge shows as a change of these lines. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { JUDGE, judgementOf, policyOf, replayOf } from '../../src/app/replay-journal.ts'
import { loadSmallJournals, SMALL_JOURNALS } from '../../src/inputs/load-small-journals.ts'
import { killedShare, type KillTable } from '../../src/model/kill-table.ts'

const root = resolve(import.meta.dirname, '../..')

describe('the small journals', () => {
  test('are judged as they say', async () => {
    const told = (await loadSmallJournals()).map((journal) => {
      const { decision, cells } = judgementOf(JUDGE, replayOf(journal), policyOf(journal))
      return { name: journal.name, judged: { decision, cells } }
    })
    if (process.env['RINGZERO_UPDATE_EXPECTED'] !== undefined) writeExpected(told.map(({ judged }) => judged))
    const now = await loadSmallJournals()
    const wrong = told.filter(({ judged }, at) => !equal(now[at]?.expected, judged))
    expect(wrong).toEqual([])
    expect(new Set(told.map(({ name }) => name)).size).toBe(told.length)
  })
})

describe('the mutants of the built-in policy, the checks and the judge', () => {
  let table: KillTable
  let code: number | null
  // The built command line: Vitest loads modules its own way, which leaves no place for the mutants.
  beforeAll(() => {
    const done = spawnSync(process.execPath, [join(root, 'dist/main.js'), 'drill', '--mutants', '--json'], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, CI: 'true', NO_COLOR: '1' },
    })
    if (done.status !== 0) process.stderr.write(done.stderr)
    code = done.status
    table = JSON.parse(done.stdout) as KillTable
  }, 1_800_000)

  test('at least 95 % of at least 300 are killed', () => {
    const mutants = Object.values(table.counts).reduce((sum, count) => sum + count.mutants, 0)
    expect(mutants).toBeGreaterThanOrEqual(300)
    expect(killedShare(table)).toBeGreaterThanOrEqual(0.95)
    expect(code).toBe(0)
  })

  test('each survivor is explained, and nothing else is', () => {
    const open = table.survivors.filter(({ explained }) => explained === undefined)
    expect(open.map(({ id, wouldKill }) => `${id}: ${wouldKill ?? ''}`)).toEqual([])
    const explained = JSON.parse(readFileSync(join(SMALL_JOURNALS, 'explained.json'), 'utf8')) as object
    expect(Object.keys(explained).toSorted()).toEqual(table.survivors.map(({ id }) => id).toSorted())
  })
})

function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function writeExpected(judged: readonly object[]): void {
  const file = join(SMALL_JOURNALS, 'small.jsonl')
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const next = lines.map((line, at) => JSON.stringify({ ...(JSON.parse(line) as object), ...judged[at] }))
  writeFileSync(file, `${next.join('\n')}\n`)
}
