import { describe, expect, it } from 'vitest'
import { formatOutcome, type OutcomeText } from '../../src/cli/format-outcome.ts'
import { textWidth } from '../../src/cli/wrap-text.ts'
import type { Suspect } from '../../src/model/report.ts'
import { EVERYTHING, hostileRun } from '../plugins/reporters/hostile-report.ts'
import { badRun, goodRun, reportOf } from '../stand-ins/scripted-report.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'

const PLACE = { width: 80, height: 24, runFolder: 'runs/r', page: 'runs/r/report/index.html' }
const SUSPECT: Suspect = {
  values: { product: 'netwatch', cpu: 'max' },
  rank: 1,
  failure: 'boot-loop: 2 starts died',
  signatures: ['boot-loop|reset'],
  explains: 2,
  failing: 2,
  passing: 0,
  support: 'likely',
  equivalent: [],
  because: 'all 2 failing cells hold it',
}

function linesOf({ facts, decision, next }: OutcomeText): string[] {
  return [...facts, ...decision, ...next]
}

describe('the end of a run', () => {
  it('says what was found, the suspect, the cause, the decision and what to open', () => {
    const { report, gate } = badRun({ suspects: [SUSPECT] })
    const text = formatOutcome(report, gate, PLACE)
    expect(text.facts[1]).toBe('channel-291 291 on Demonstration matrix: 2 fail, 6 pass')
    expect(text.facts.join('\n')).toMatch(/^✗ 2 of 8 [a-z-]+: .*sensor/m)
    expect(text.facts).toContain('suspect 1. product=netwatch × cpu=max: likely; all 2 failing cells hold it')
    expect(text.decision[0]).toMatch(/^cause: boot-loop in restart: the kernel died in sensor/)
    expect(text.decision.join(' ')).toContain('content-rollback brought the machine back')
    expect(text.decision.join('\n')).toMatch(/^HOLD: /m)
    expect(text.next).toEqual([
      'open: runs/r/report/index.html',
      expect.stringMatching(/^then: ringzero explain runs\/r [\w-]{7}$/) as string,
    ])
  })

  it('says of which failure a suspect is where there are several', () => {
    const second = {
      ...SUSPECT,
      values: { product: 'sensor' },
      failure: 'hang: still',
      signatures: ['hang|'],
    }
    const { report, gate } = badRun({ suspects: [SUSPECT, { ...second, rank: 2 }] })
    const { facts } = formatOutcome(report, gate, { ...PLACE, height: 60 })
    expect(facts).toContain('of boot-loop: 2 starts died')
    expect(facts).toContain('of hang: still')
  })

  it('names no cause where nothing failed, and shows what is satisfied', () => {
    const { report, gate } = goodRun()
    const text = formatOutcome(report, gate, PLACE)
    expect(text.decision).toEqual(['RELEASE: all 3 rules are satisfied'])
    expect(text.facts.filter((line) => line.startsWith('✓'))).toHaveLength(3)
    expect(text.next).toEqual(['open: runs/r/report/index.html'])
  })

  it('tells a problem that many cells share once, with its count', () => {
    const { report, gate } = reportOf(scriptedPlan(), [])
    const lines = linesOf(formatOutcome(report, gate, PLACE))
    const open = lines.filter((line) => line.startsWith('? 8 of 8 not-run: '))
    expect(open).toHaveLength(1)
    expect(lines.join('\n').match(/no attempt/g)).toHaveLength(1)
  })

  it.each([
    ['usual', badRun({ suspects: [SUSPECT] })],
    ['good', goodRun()],
    ['hostile', hostileRun()],
    ['hostile and long', hostileRun(EVERYTHING.repeat(20))],
    ['wide', hostileRun('漢字'.repeat(300))],
    ['without a space', hostileRun('x'.repeat(3000))],
    ['with much of everything', muchOfEverything()],
  ])('fits on a screen of 80 × 24: %s', (_, { report, gate }) => {
    for (const place of [PLACE, { ...PLACE, width: 60 }, { ...PLACE, width: 120, height: 40 }]) {
      const lines = linesOf(formatOutcome(report, gate, place))
      expect(lines.length).toBeLessThan(place.height)
      expect(lines.every((line) => !line.includes('\n') && textWidth(line) <= place.width)).toBe(true)
      expect(lines.join('\n')).toContain(`${gate.decision.toUpperCase()}: `)
      expect(lines.join('')).toContain('runs/r/report/index.html')
    }
  })

  it('counts what it leaves out, and keeps something of everything', () => {
    const { report, gate } = muchOfEverything()
    const lines = linesOf(formatOutcome(report, gate, PLACE))
    expect(lines.join('\n')).toMatch(/… and \d+ more lines: see the report/)
    for (const start of ['✗ ', 'suspect 1.', '? ', 'note: '])
      expect(lines.filter((line) => line.startsWith(start)).length).toBeGreaterThan(0)
  })
})

function muchOfEverything(): ReturnType<typeof badRun> {
  const { report, gate } = badRun({
    suspects: Array.from({ length: 30 }, (_, index) => ({ ...SUSPECT, rank: index + 1 })),
  })
  const cells = Array.from({ length: 400 }, (_, index) => {
    const { planned, verdict } = report.cells[index % 8]!
    const symptoms = verdict.symptoms.map((symptom) => ({ ...symptom, signature: `${index}` }))
    const open = symptoms.length === 0
    return {
      planned,
      verdict: open
        ? { ...verdict, outcome: 'inconclusive' as const, because: `reason ${index}` }
        : { ...verdict, symptoms },
    }
  })
  const notes = Array.from({ length: 50 }, (_, index) => `note ${index}`)
  return { report: { ...report, cells, notes }, gate }
}
