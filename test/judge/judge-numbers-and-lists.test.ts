import { describe, expect, test } from 'vitest'
import type { Fact } from '../../src/model/observation.ts'
import { adding, CELL, judge, PLAN } from '../stand-ins/judging.ts'
import { goodCandidate, goodControl, mapFacts, type AttemptScript } from '../stand-ins/scripted-run.ts'

describe('numbers', () => {
  const slower = (script: AttemptScript, factor: number, phase = 'restart'): AttemptScript =>
    mapFacts(script, (fact, phaseOfFact) =>
      fact.kind === 'boot' && fact.settledMs !== undefined && (phase === 'all' || phaseOfFact === phase)
        ? [{ ...fact, settledMs: fact.settledMs * factor }]
        : [fact],
    )

  test('starts of one attempt that are slower than the control are a reason to repeat, those of five a warning', () => {
    const once = judge([slower(goodCandidate(CELL), 2.5), goodControl(CELL)])
    expect(once).toMatchObject({ outcome: 'pass', symptoms: [], open: [{ budget: false }] })
    const plan = { ...PLAN, settings: { ...PLAN.settings, repeats: 5 } }
    const five = [1, 2, 3, 4, 5].flatMap((n) => [slower(goodCandidate(CELL, n), 2.5), goodControl(CELL, n)])
    const often = judge(five, plan)
    expect(often).toMatchObject({
      outcome: 'warn',
      blame: 'candidate',
      symptoms: [{ class: 'perf-regression', severity: 'warn' }],
    })
    expect(often.symptoms[0]?.seen).toContain('with 5 against 5, smallest possible 0.0079')
  })

  test('a machine whose first start was as slow before the candidate came explains a few slow starts', () => {
    const verdict = judge([slower(goodCandidate(CELL), 2.5, 'all'), goodControl(CELL)])
    expect(verdict).toMatchObject({ outcome: 'pass', blame: 'none', open: [{ budget: false }] })
    expect(verdict.open?.[0]?.because).toContain('2.5 times as slow already before the candidate came')
  })

  test('a small difference is nobody’s business', () => {
    expect(judge([slower(goodCandidate(CELL), 1.2), goodControl(CELL)]).outcome).toBe('pass')
  })

  test('starts that take many times as long on every restart fail', () => {
    expect(judge([slower(goodCandidate(CELL), 9), goodControl(CELL)])).toMatchObject({
      outcome: 'fail',
      symptoms: [{ severity: 'fail' }],
    })
  })

  test('a number that no control has keeps the cell open', () => {
    const script = adding(goodCandidate(CELL), 'soak', {
      kind: 'measure',
      name: 'handles',
      value: 3,
      unit: '1',
      better: 'lower',
      symptom: 'resource-growth',
    })
    expect(judge([script, goodControl(CELL)]).because).toContain('no control measured handles')
  })
})

describe('what is gone, changed or new', () => {
  const withState = (phase: string, state: string): AttemptScript =>
    mapFacts(goodCandidate(CELL), (fact, in_) =>
      fact.kind === 'inventory' && in_ === phase
        ? [{ ...fact, items: { ...fact.items, netwatch: { state } } }]
        : [fact],
    )

  test('a service that stopped with the candidate fails; one that did not come back after the rollback, too', () => {
    expect(judge([withState('check', 'failed'), goodControl(CELL)]).symptoms[0]?.class).toBe(
      'service-degraded',
    )
    expect(judge([withState('rollback', 'stopped'), goodControl(CELL)]).symptoms[0]?.class).toBe(
      'rollback-incomplete',
    )
  })

  test('a cut list is blind, and proves nothing gone', () => {
    const cut = mapFacts(goodCandidate(CELL), (fact, phase) =>
      fact.kind === 'inventory' && phase === 'check' ? [{ ...fact, items: {}, cut: 2 }] : [fact],
    )
    expect(judge([cut, goodControl(CELL)])).toMatchObject({ outcome: 'inconclusive', symptoms: [] })
  })

  test('a new critical event fails, a new error warns, one that the control has is ignored', () => {
    const entry = (level: 'critical' | 'error'): Fact => ({
      kind: 'log-event',
      level,
      provider: 'kernel',
      eventId: 'oops',
      message: 'm',
      count: 1,
      symptom: 'critical-events',
    })
    expect(judge([adding(goodCandidate(CELL), 'soak', entry('critical')), goodControl(CELL)]).outcome).toBe(
      'fail',
    )
    expect(judge([adding(goodCandidate(CELL), 'soak', entry('error')), goodControl(CELL)]).outcome).toBe(
      'warn',
    )
    const both = judge([
      adding(goodCandidate(CELL), 'soak', entry('critical')),
      adding(goodControl(CELL), 'soak', entry('critical')),
    ])
    expect(both.outcome).toBe('pass')
  })
})
