/** Health of recorded runs. */
import { appendFileSync, cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readHealth } from '../../src/app/read-health.ts'
import { formatHealth, healthDocument } from '../../src/cli/format-health.ts'

const RUN = resolve(import.meta.dirname, '../../fixtures/journals/good')

/** The recorded run with drivers listed at two moments of every attempt: `drivers` come with the candidate. */
function runWith(...drivers: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'rz-health-'))
  cpSync(RUN, folder, { recursive: true })
  const path = join(folder, 'journal.jsonl')
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  writeFileSync(path, '')
  for (const line of lines) {
    const event = JSON.parse(line) as { type: string; at: number; cell: string; arm: string; attempt: number }
    const { type, at, cell, arm, attempt } = event
    if (type === 'attempt-closed')
      for (const moment of ['baseline', 'after-restart', 'after-rollback']) {
        const own = arm === 'candidate' && moment === 'after-restart' ? drivers : []
        const of = cell.includes('netwatch') ? ['netwatch.sys'] : []
        const items = Object.fromEntries(['ntfs.sys', ...of, ...own].map((name) => [name, {}]))
        const fact = { kind: 'inventory', subject: 'drivers', moment, items, cut: 0 }
        const observation = { at, phase: 'restart', source: 'drivers', fact, evidence: [] }
        appendFileSync(path, `${JSON.stringify({ type: 'observed', at, cell, arm, attempt, observation })}\n`)
      }
    appendFileSync(path, `${line}\n`)
  }
  return folder
}

describe('the health of a run', () => {
  it('is read from its journal: footprint, start-up cost, and what a product brings', async () => {
    const health = await readHealth(runWith('acmeflt.sys'))
    expect(health.cards[0]).toMatchObject({ machines: 8, footprint: { drivers: ['acmeflt.sys'] } })
    expect(health.cards[0]?.costs.find(({ name }) => name === 'start')?.machines).toBe(8)
    expect(health.cards.find(({ of }) => of === 'netwatch')?.footprint.drivers).toEqual(['netwatch.sys'])
    // Every machine has the sensor: nothing can be said to be its own.
    expect(health.cards.find(({ of }) => of === 'sensor')?.machines).toBe(0)
  })

  it('says in one line each whether drivers came or went since an earlier release', async () => {
    const [now, before] = [
      await readHealth(runWith('one.sys')),
      await readHealth(runWith('one.sys', 'two.sys')),
    ]
    const lines = formatHealth(now, before)
    expect(lines).toContain('- kernel drivers: 2 → 1; gone: two.sys')
    expect(lines).toContain('- with it: kernel drivers: one.sys')
    expect(lines.join('\n')).toMatch(/- start: \+?-?[\d.]+ ms \(95 %: .*, 8 machines\)/)
    expect(healthDocument(now, before)).toMatchObject({
      schema: 'ringzero/health/1',
      since: { changes: expect.arrayContaining([{ part: 'drivers', more: [], fewer: ['two.sys'] }]) },
    })
  })
})
