import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideGate } from '../../src/judge/gate.ts'
import { DEFAULT_POLICY, type Policy, type PolicyRule, type Waiver } from '../../src/model/policy.ts'
import type { Report } from '../../src/model/report.ts'
import type { Outcome } from '../../src/model/verdict.ts'
import { badRun, goodRun, reportOf } from '../stand-ins/scripted-report.ts'
import { T0 } from '../stand-ins/scripted-journal.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'
import { goodCandidate, goodControl, mapFacts, type AttemptScript } from '../stand-ins/scripted-run.ts'

const policyOf = (rules: PolicyRule[], waivers: Waiver[] = []): Policy => ({
  version: 1,
  id: 'test',
  rules,
  waivers,
})
const waiver = (changes: Partial<Waiver> = {}): Waiver => ({
  id: 'known-netwatch',
  signature: 'protection-off|*',
  reason: 'the vendor knows',
  owner: 'a@example.org',
  ticket: 'NW-1',
  expires: '2026-12-01',
  ...changes,
})
const protectionOff = (id: string): AttemptScript =>
  mapFacts(goodCandidate(id), (fact, phase) =>
    fact.kind === 'expectation' && fact.symptom === 'protection-off' && phase === 'check'
      ? [{ ...fact, holds: false }]
      : [fact],
  )

function softRun(policy: Policy): ReturnType<typeof reportOf> {
  const plan = scriptedPlan()
  return reportOf(
    plan,
    plan.cells.flatMap(({ id }, index) => [
      index === 0 ? protectionOff(id) : goodCandidate(id),
      goodControl(id),
    ]),
    { policy },
  )
}

describe('the default policy', () => {
  test('releases a run in which every cell passed', () => {
    expect(goodRun().gate).toMatchObject({ decision: 'release' })
  })

  test('holds when the candidate breaks a cell, and says which', () => {
    const { gate } = badRun()
    expect(gate.decision).toBe('hold')
    expect(gate.rules[0]?.explanation).toBe(
      '2 of 8 cells fail because of the candidate (micro-61-netwatch-max, micro-612-netwatch-max)',
    )
    expect(gate.because).toMatch(/^2 of 8 cells fail because of the candidate \(rule: /)
  })

  test('is inconclusive when a cell is missing, even if all others passed', () => {
    const plan = scriptedPlan()
    const scripts = plan.cells.slice(1).flatMap(({ id }) => [goodCandidate(id), goodControl(id)])
    expect(reportOf(plan, scripts).gate.decision).toBe('inconclusive')
  })

  test('never releases a simulated, an unfinished or an empty run', () => {
    expect(goodRun({ simulated: true }).gate).toMatchObject({ decision: 'inconclusive' })
    expect(goodRun({ closed: false }).gate).toMatchObject({ decision: 'inconclusive' })
    const empty = { ...scriptedPlan(), cells: [], stages: [] }
    expect(reportOf(empty, []).gate.decision).toBe('inconclusive')
  })

  test('never releases a run of chosen cells, whatever they show', () => {
    const { report } = goodRun()
    const shard = { index: 1, count: 1, cells: [report.cells[0]!.planned.id] }
    const gate = decideGate({ ...report, run: { ...report.run, shard } }, DEFAULT_POLICY, T0)
    expect(gate).toMatchObject({ decision: 'inconclusive' })
    expect(gate.because).toContain('chosen cells of a plan were run: such a run releases nothing')
  })

  test('holds rather than being inconclusive when both apply', () => {
    const plan = scriptedPlan()
    const first = plan.cells[0]!.id
    expect(reportOf(plan, [protectionOff(first), goodControl(first)]).gate.decision).toBe('hold')
  })

  test('does not release when every machine is broken without the candidate too', () => {
    const plan = scriptedPlan()
    const broken = plan.cells.flatMap(({ id }): AttemptScript[] => {
      const crash = {
        kind: 'crash',
        mechanism: 'panic',
        title: 'image is broken',
        milestone: 'kernel',
        bootOrdinal: 2,
      } as const
      const cut = goodControl(id).phases.slice(0, 4) // up to the first check
      const dead = { phase: 'restart' as const, end: 'symptom' as const, facts: [crash] }
      return [
        { ...goodCandidate(id), phases: [...goodCandidate(id).phases.slice(0, 5), dead] },
        { ...goodControl(id), phases: [...cut, dead] },
      ]
    })
    const { gate, report } = reportOf(plan, broken)
    expect(report.cells.map(({ verdict }) => verdict.blame)).toEqual(plan.cells.map(() => 'pre-existing'))
    expect(gate.decision).toBe('inconclusive')
  })
})

describe('a rule', () => {
  test('whose population is too small is inconclusive, never satisfied', () => {
    const rule: PolicyRule = { id: 'r', metric: 'failing-cells', atMost: 0, minimumCells: 9 }
    const { gate } = goodRun({ policy: policyOf([rule]) })
    expect(gate).toMatchObject({
      decision: 'inconclusive',
      rules: [{ result: 'inconclusive', population: 8 }],
    })
    expect(gate.because).toContain('8 cells have a verdict, at least 9 must')
  })

  test('that is already broken is violated however small its population', () => {
    const rule: PolicyRule = { id: 'r', metric: 'failing-cells', atMost: 0, minimumCells: 100 }
    expect(badRun({ policy: policyOf([rule]) }).gate.decision).toBe('hold')
  })

  test('counts only the symptoms that it names', () => {
    const rule = (symptom: 'boot-loop' | 'network-loss'): PolicyRule => ({
      id: 'r',
      metric: 'failing-cells',
      atMost: 0,
      symptoms: [symptom],
    })
    expect(badRun({ policy: policyOf([rule('boot-loop')]) }).gate.decision).toBe('hold')
    const other = badRun({ policy: policyOf([rule('network-loss')]) }).gate
    expect(other.because).toContain('2 failing cells, which no rule of the policy counts')
  })

  test.each<[PolicyRule, number, string]>([
    [{ id: 'r', metric: 'starts', atLeast: 24 }, 24, 'satisfied'],
    [{ id: 'r', metric: 'starts', atLeast: 25 }, 24, 'inconclusive'],
    [{ id: 'r', metric: 'fleet-share', atLeast: 0.9 }, 0.5, 'inconclusive'],
    [{ id: 'r', metric: 'failure-rate-bound', atMost: 0.32 }, 0.3123, 'satisfied'],
    [{ id: 'r', metric: 'failure-rate-bound', atMost: 0.01 }, 0.3123, 'inconclusive'],
    [{ id: 'r', metric: 'covered-share', atLeast: 1 }, 1, 'satisfied'],
    [{ id: 'r', metric: 'warning-cells' }, 0, 'inconclusive'],
  ])('%j measures %d and is %s', (rule, value, result) => {
    const measured = goodRun({ policy: policyOf([rule]) }).gate.rules[0]
    expect(measured?.value).toBeCloseTo(value, 3)
    expect(measured?.result).toBe(result)
  })
})

describe('a waiver', () => {
  const rules = DEFAULT_POLICY.rules.map((rule) => ({ ...rule }))

  test('lets a known soft failure pass the gate, and stays visible', () => {
    const { gate, report } = softRun(policyOf(rules, [waiver()]))
    expect(gate).toMatchObject({
      decision: 'release',
      waivers: [{ state: 'used', cells: [report.cells[0]!.planned.id] }],
    })
    expect(report.cells[0]?.verdict).toMatchObject({ outcome: 'fail', waiver: { ticket: 'NW-1' } })
    expect(gate.because).toContain('1 failing cells under waivers')
  })

  test('does nothing for a rule that is not waivable, for other cells, and for other signatures', () => {
    expect(
      softRun(policyOf([{ id: 'r', metric: 'failing-cells', atMost: 0 }], [waiver()])).gate.decision,
    ).toBe('hold')
    expect(softRun(policyOf(rules, [waiver({ cells: { cpu: 'max' } })])).gate.decision).toBe('hold')
    expect(softRun(policyOf(rules, [waiver({ cells: { cpu: ['max', 'qemu64'] } })])).gate.decision).toBe(
      'release',
    )
    expect(softRun(policyOf(rules, [waiver({ signature: 'protection' })])).gate.decision).toBe('hold')
  })

  test('that has expired is red by itself, and its last day still counts', () => {
    expect(softRun(policyOf(rules, [waiver({ expires: '2026-11-19' })])).gate.waivers[0]?.state).toBe(
      'expired',
    )
    expect(softRun(policyOf(rules, [waiver({ expires: '2026-11-20' })])).gate.decision).toBe('release')
    const { gate } = goodRun({ policy: policyOf(rules, [waiver({ expires: '2026-01-01' })]) })
    expect(gate).toMatchObject({ decision: 'hold', because: expect.stringContaining('known-netwatch') })
  })

  test('never covers hard evidence', () => {
    const { gate, report } = badRun({ policy: policyOf(rules, [waiver({ signature: '*' })]) })
    expect(gate).toMatchObject({ decision: 'hold', waivers: [{ state: 'unused' }] })
    expect(report.cells.every(({ verdict }) => verdict.waiver === undefined)).toBe(true)
  })
})

test('whatever the outcomes are, the gate releases only if nothing failed and nothing is open', () => {
  const { report } = goodRun()
  const outcomes = fc.array(fc.constantFrom<Outcome>('pass', 'warn', 'fail', 'inconclusive', 'not-run'), {
    minLength: 8,
    maxLength: 8,
  })
  fc.assert(
    fc.property(outcomes, (chosen) => {
      const cells: Report['cells'] = report.cells.map((cell, index) => {
        const outcome = chosen[index] ?? 'pass'
        return {
          ...cell,
          verdict: { ...cell.verdict, outcome, blame: outcome === 'fail' ? 'candidate' : 'none' },
        }
      })
      const { decision } = decideGate({ ...report, cells }, DEFAULT_POLICY, T0)
      const open = chosen.includes('inconclusive') || chosen.includes('not-run')
      expect(decision).toBe(chosen.includes('fail') ? 'hold' : open ? 'inconclusive' : 'release')
    }),
  )
})
