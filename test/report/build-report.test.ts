import { describe, expect, test } from 'vitest'
import { diffReports } from '../../src/report/diff-reports.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'
import { expectation, goodCandidate, goodControl, mapFacts } from '../stand-ins/scripted-run.ts'
import { badRun, goodRun, reportOf } from '../stand-ins/scripted-report.ts'

describe('the report', () => {
  test('counts every planned cell once', () => {
    const { report } = badRun()
    expect(report.counts).toEqual({ pass: 6, warn: 0, fail: 2, inconclusive: 0, 'not-run': 0 })
    expect(report.cells).toHaveLength(8)
  })

  test('tells the state of each stage by its verdicts, and of one that never began', () => {
    expect(badRun().report.stages.map(({ id, state }) => [id, state])).toEqual([
      ['smoke', 'passed'],
      ['pairwise', 'failed'],
    ])
    const plan = scriptedPlan()
    const first = plan.cells[0]!.id
    const { report } = reportOf(plan, [goodCandidate(first), goodControl(first)], { closed: false })
    expect(report.stages.map(({ state }) => state)).toEqual(['inconclusive', 'inconclusive'])
    expect(report.run.state).toBe('running')
  })

  test('counts the known incidents that the plan would have shown, where it says so', () => {
    const plan = { ...scriptedPlan(), incidents: { known: 62, seen: 12, notSeen: 44, noMachine: 6 } }
    const { gaps } = reportOf(plan, [], { closed: false }).report.coverage
    expect(gaps.filter((gap) => gap.startsWith('Known incidents'))).toEqual([
      expect.stringContaining('of 62, the planned cells and checks would have shown 12; 44 need'),
    ])
    expect(goodRun().report.coverage.gaps.join()).not.toContain('Known incidents')
  })

  test('names what it cannot have shown, however green it is', () => {
    const gaps = goodRun().report.coverage.gaps.join('\n')
    for (const part of [
      'Physical processor families',
      'Physical devices',
      'firmware',
      'up to 95 % of starts',
      'emulated in software on lab-1',
    ])
      expect(gaps).toContain(part)
    expect(goodRun({ simulated: true }).report.coverage.gaps.join('\n')).toContain(
      'All machines were simulated',
    )
  })
})

describe('a driver that was not signed by Microsoft’s hardware program', () => {
  test('and ran where the driver policy was not enforced is a warning and a gap, never a plain pass', () => {
    const plan = scriptedPlan()
    const untrusted = expectation('driver-trust:acmeflt', 'code-integrity-block', false, 'warn')
    const scripts = plan.cells.flatMap(({ id }, cell) => [
      mapFacts(goodCandidate(id), (fact, phase) =>
        cell === 0 && phase === 'check' && fact.kind === 'expectation' ? [fact, untrusted] : [fact],
      ),
      goodControl(id),
    ])
    const { report } = reportOf(plan, scripts)
    expect(report.cells[0]?.verdict).toMatchObject({ outcome: 'warn' })
    const gaps = report.coverage.gaps.filter((gap) => gap.includes('driver policy of April 2026'))
    expect(gaps).toEqual([expect.stringContaining('on 1 of 8 cells')])
    expect(gaps.join()).not.toContain('acmeflt')
    expect(goodRun().report.coverage.gaps.join()).not.toContain('driver policy')
  })
})

describe('the difference of two reports', () => {
  test('of the same report is nothing', () => {
    const { report } = badRun()
    expect(diffReports(report, report)).toMatchObject({
      broken: [],
      fixed: [],
      otherwise: [],
      unchanged: 6,
      newSignatures: [],
      goneSignatures: [],
    })
    expect(diffReports(report, report).stillFailing).toHaveLength(2)
  })

  test('counts configurations that only one of them has, and calls none of them fixed', () => {
    const { report } = badRun()
    const fewer = { ...report, cells: report.cells.filter(({ verdict }) => verdict.outcome === 'pass') }
    expect(diffReports(report, fewer)).toMatchObject({ fixed: [], onlyBefore: 2, onlyAfter: 0 })
    expect(diffReports(fewer, report)).toMatchObject({ broken: [], onlyBefore: 0, onlyAfter: 2 })
  })
})
