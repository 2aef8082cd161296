/** Which controls excuse a candidate, and which do not. */
import { describe, expect, test } from 'vitest'
import type { Phase } from '../../src/model/phase.ts'
import { adding, CELL, crashFact, judge, PLAN } from '../stand-ins/judging.ts'
import { boot, goodCandidate, goodControl, mapFacts, type AttemptScript } from '../stand-ins/scripted-run.ts'

/** The sensor does not run in these phases. */
function down(script: AttemptScript, phases: readonly Phase[]): AttemptScript {
  return mapFacts(script, (fact, phase) =>
    fact.kind === 'expectation' && fact.subject === 'service:sensor' && phases.includes(phase)
      ? [{ ...fact, holds: false, seen: 'stopped' }]
      : [fact],
  )
}

/** The host's disk was full before it came to its end. */
const lost = (script: AttemptScript): AttemptScript => ({
  ...script,
  end: 'host-fault',
  fault: { phase: 'check', code: 'HOST_DISK_FULL', message: 'no space left' },
})
const otherMachine = (script: AttemptScript): AttemptScript =>
  mapFacts(script, (fact) =>
    fact.kind === 'profile' ? [{ ...fact, measured: '2', matches: false }] : [fact],
  )

describe('a control that does not count', () => {
  const broken = down(goodCandidate(CELL), ['check', 'soak'])

  test.each<[string, (script: AttemptScript) => AttemptScript]>([
    ['was lost with its host', lost],
    ['was interrupted', (script) => ({ ...script, end: 'interrupted' })],
    ['never came to its end', (script) => ({ ...script, end: null })],
    ['was another machine', otherMachine],
  ])('because it %s excuses nobody, and leaves the question open', (_, invalidate) => {
    const verdict = judge([broken, invalidate(down(goodControl(CELL), ['check'])), goodControl(CELL, 2)])
    expect(verdict).toMatchObject({ outcome: 'inconclusive', blame: 'unknown', preExisting: [] })
    expect(verdict.because).toContain('only a control that does not count shows it')
  })

  test('excuses no crash either', () => {
    const candidate = adding(goodCandidate(CELL), 'restart', crashFact())
    const control = lost(adding(goodControl(CELL), 'restart', crashFact()))
    expect(judge([candidate, control, goodControl(CELL, 2)])).toMatchObject({
      outcome: 'inconclusive',
      blame: 'unknown',
    })
  })

  test('does not hide what the candidate breaks again and again', () => {
    const numbers = Array.from({ length: 12 }, (_, index) => index + 1)
    const plan = { ...PLAN, settings: { ...PLAN.settings, repeats: 12 } }
    const attempts = [
      ...numbers.map((number) => down(goodCandidate(CELL, number), ['check', 'soak'])),
      lost(down(goodControl(CELL), ['check'])),
      ...numbers.map((number) => goodControl(CELL, number + 1)),
    ]
    expect(judge(attempts, plan)).toMatchObject({ outcome: 'fail', blame: 'candidate', failing: 12 })
  })

  test('does not take the excuse away that one which counts gives', () => {
    const controls = [lost(down(goodControl(CELL), ['check'])), down(goodControl(CELL, 2), ['check'])]
    expect(judge([broken, ...controls])).toMatchObject({ outcome: 'warn', blame: 'pre-existing' })
  })
})

describe('one bad look before the candidate came', () => {
  test('makes no warning of what it breaks afterwards: the control never showed it', () => {
    const verdict = judge([down(goodCandidate(CELL), ['baseline', 'check', 'soak']), goodControl(CELL)])
    expect(verdict).toMatchObject({ outcome: 'inconclusive', blame: 'unknown', preExisting: [] })
    expect(verdict.because).toContain('before the candidate came, too, though it held on the control')
  })

  test('is the lab’s when nothing follows', () => {
    expect(judge([down(goodCandidate(CELL), ['baseline']), goodControl(CELL)])).toMatchObject({
      outcome: 'inconclusive',
      blame: 'host',
    })
  })

  test('is no excuse in one attempt for another that began well', () => {
    const plan = { ...PLAN, settings: { ...PLAN.settings, repeats: 2 } }
    const attempts = [
      down(goodCandidate(CELL), ['baseline', 'check']),
      down(goodCandidate(CELL, 2), ['check']),
      goodControl(CELL),
      goodControl(CELL, 2),
    ]
    expect(judge(attempts, plan)).toMatchObject({ outcome: 'fail', blame: 'candidate', failing: 1 })
  })

  test('is how the machine is when the control shows it too, or nobody can say', () => {
    const candidate = down(goodCandidate(CELL), ['baseline', 'check', 'soak'])
    expect(judge([candidate, down(goodControl(CELL), ['soak'])])).toMatchObject({
      outcome: 'warn',
      blame: 'pre-existing',
    })
    const blindControl = mapFacts(goodControl(CELL), (fact) =>
      fact.kind === 'expectation' && fact.subject === 'service:sensor' ? [] : [fact],
    )
    expect(judge([candidate, blindControl])).toMatchObject({ outcome: 'warn', blame: 'pre-existing' })
  })

  test('is the lab’s for a start that died, as ever', () => {
    const early = adding(goodCandidate(CELL), 'boot', boot(2, { ended: 'reset', guestBootCount: 2 }))
    expect(judge([early, goodControl(CELL)])).toMatchObject({ outcome: 'inconclusive', blame: 'host' })
  })
})
