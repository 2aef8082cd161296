/** Health of recorded runs. */
import { appendFileSync, cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readHealth } from '../../src/app/read-health.ts'
import { concludeRun } from '../../src/app/conclude-run.ts'
import { judgeRun } from '../../src/app/judge-run.ts'
import { publishRun } from '../../src/app/publish-run.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'
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
      since: {
        changes: expect.arrayContaining([
          { part: 'drivers', before: 2, now: 1, more: [], fewer: ['two.sys'] },
        ]),
      },
    })
  })

  it('stands in the report, and says against an earlier run what came and what went', async () => {
    const [now, before] = [runWith('one.sys'), runWith('one.sys', 'two.sys')]
    const request = { runFolder: now, policy: undefined, reporters: [], stepSummary: undefined }
    const { report } = await concludeRun({
      ...request,
      against: before,
      signal: new AbortController().signal,
    })
    expect(report.health?.cards[0]).toMatchObject({ of: 'candidate', footprint: { drivers: ['one.sys'] } })
    expect(report.health?.since?.changes[0]).toEqual({
      part: 'drivers',
      before: 2,
      now: 1,
      more: [],
      fewer: ['two.sys'],
    })
    // Of a run that measured nothing, all drivers would look new.
    const without = await concludeRun({ ...request, against: RUN, signal: new AbortController().signal })
    expect(without.report.health?.since).toBeUndefined()
  })

  it('is bounded in the report, whatever a guest lists', async () => {
    const many = Array.from({ length: 900 }, (_, at) => `${at}-${'x'.repeat(600)}\n.sys`)
    const { report } = await judgeRun(runWith(...many), DEFAULT_POLICY, systemClock.now())
    const drivers = report.health?.cards[0]?.footprint.drivers ?? []
    expect(drivers).toHaveLength(500)
    expect(Math.max(...drivers.map(({ length }) => length))).toBeLessThan(230)
    expect(drivers.join()).not.toContain('\n')
  })

  it('is told to a partner of his own products, and only what is among his names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rz-health-'))
    const publish = async (entry: string) => {
      const partners = join(folder, 'partners.yaml')
      writeFileSync(
        partners,
        `version: 1
publisher: Example Labs
secret: { name: key, environment: KEY }
partners:
  - { name: netwatch, title: Netwatch, products: [netwatch], contact: us@example.org, ${entry} }
`,
      )
      const published = await publishRun({
        // A rival's driver on each machine with the partner's product, and on no other.
        runFolder: runWith('acmeflt.sys'),
        partners,
        partner: 'netwatch',
        out: join(folder, 'out'),
        issued: '2026-11-28',
        environment: { KEY: 'k'.repeat(40) },
        signal: new AbortController().signal,
        warn: () => undefined,
        print: async () => ({ because: 'this test prints nothing' }),
      })
      return {
        health: published.report.health,
        page: readFileSync(join(published.folder, 'index.html'), 'utf8'),
        summary: readFileSync(join(published.folder, 'summary.md'), 'utf8'),
      }
    }
    const told = await publish('names: [Netwatch.SYS], show: { health: true }')
    expect(told.health).toEqual([
      { title: 'netwatch', machines: 5, footprint: expect.objectContaining({ drivers: ['Netwatch.SYS'] }) },
    ])
    expect(told.page).toContain('Netwatch.SYS')
    expect(told.summary).toContain('kernel drivers: Netwatch')
    expect((await publish('show: { health: true }')).health?.[0]?.footprint.drivers).toEqual([])
    expect((await publish('names: [Netwatch.SYS]')).health).toBeUndefined()
  })
})
