/** What the policy allows decides over numbers; what it allows and nothing measured, or too little did, keeps a cell open. */
import { describe, expect, test } from 'vitest'
import { judgeRun } from '../../src/judge/judge-run.ts'
import { DEFAULT_POLICY, type Budget } from '../../src/model/policy.ts'
import { adding, CELL, crashFact, judge, PLAN } from '../stand-ins/judging.ts'
import { journalOf, T0 } from '../stand-ins/scripted-journal.ts'
import { goodCandidate, goodControl, mapFacts, type AttemptScript } from '../stand-ins/scripted-run.ts'

const slower = (script: AttemptScript, factor: number): AttemptScript =>
  mapFacts(script, (fact, phase) =>
    fact.kind === 'boot' && fact.settledMs !== undefined && phase === 'restart'
      ? [{ ...fact, settledMs: fact.settledMs * factor }]
      : [fact],
  )
const busy = (script: AttemptScript, value: number): AttemptScript =>
  adding(script, 'soak', {
    kind: 'measure',
    name: 'cpu-busy:soak',
    value,
    unit: 'share',
    better: 'lower',
    symptom: 'resource-growth',
    floorValue: 0.15,
  })
const judgeUnder = (budgets: Budget[], scripts: readonly AttemptScript[]) =>
  judgeRun(PLAN, journalOf(PLAN, scripts), { ...DEFAULT_POLICY, budgets }, T0).cells[0]!.verdict

describe('a budget of the policy', () => {
  const starts: Budget = { measure: 'start-time', relative: 0.2 }

  const repeated = (factor: number, count: number, budgets: Budget[]) =>
    judgeRun(
      { ...PLAN, settings: { ...PLAN.settings, repeats: count } },
      journalOf(
        PLAN,
        Array.from({ length: count }, (_, at) => at + 1).flatMap((n) => [
          slower(goodCandidate(CELL, n), factor),
          goodControl(CELL, n),
        ]),
      ),
      { ...DEFAULT_POLICY, budgets },
      T0,
    ).cells[0]!.verdict

  test('fails starts of several attempts that are slower than it allows, and names it', () => {
    const verdict = repeated(1.4, 3, [starts])
    expect(verdict).toMatchObject({ outcome: 'fail', blame: 'candidate' })
    expect(verdict.because).toContain('over the budget of at most 20 % worse than the control')
    expect(repeated(1.4, 3, []).outcome).toBe('pass')
    // All starts of one attempt are slow together where its host was.
    expect(repeated(1.4, 1, [starts])).toMatchObject({ outcome: 'inconclusive', open: [{ budget: true }] })
    expect(repeated(9, 1, [starts])).toMatchObject({ outcome: 'fail', blame: 'candidate' })
  })

  test('allows what would be a warning without it', () => {
    expect(repeated(2.5, 5, [{ ...starts, relative: 3 }]).outcome).toBe('pass')
    expect(repeated(2.5, 5, []).outcome).toBe('warn')
  })

  test('leaves a cell without a verdict while one number against one says that it is exceeded', () => {
    const cpu: Budget = { measure: 'cpu-*', absolute: 0.3 }
    const once = judgeUnder([cpu], [busy(goodCandidate(CELL), 0.6), busy(goodControl(CELL), 0.1)])
    expect(once).toMatchObject({ outcome: 'inconclusive', blame: 'unknown', open: [{ budget: true }] })
    expect(once.because).toContain('cpu-busy:soak (soak) may be over its budget: 0.6 share against 0.1')
    const plan = { ...PLAN, settings: { ...PLAN.settings, repeats: 3 } }
    const arms = [1, 2, 3].flatMap((n) => [
      busy(goodCandidate(CELL, n), 0.6),
      busy(goodControl(CELL, n), 0.1),
    ])
    const often = judgeRun(plan, journalOf(plan, arms), { ...DEFAULT_POLICY, budgets: [cpu] }, T0)
    expect(often.cells[0]?.verdict).toMatchObject({ outcome: 'fail', blame: 'candidate' })
  })

  test('that fits no number which was measured keeps the cell open: a misspelt name allows nothing', () => {
    const verdict = judgeUnder(
      [{ measure: 'start-tme', absolute: 1 }],
      [goodCandidate(CELL), goodControl(CELL)],
    )
    expect(verdict.outcome).toBe('inconclusive')
    expect(verdict.because).toContain('nothing measured start-tme, for which the policy has a budget')
  })
})

test('one number against one is never a warning: it is told as open', () => {
  const verdict = judge([busy(goodCandidate(CELL), 0.6), busy(goodControl(CELL), 0.1)])
  expect(verdict).toMatchObject({
    outcome: 'pass',
    symptoms: [],
    open: [{ measure: 'cpu-busy:soak (soak)' }],
  })
  const elsewhere = { ...busy(goodCandidate(CELL), 0.6), host: 'lab-2' }
  expect(judge([elsewhere, busy(goodControl(CELL), 0.1)])).toMatchObject({ outcome: 'pass', symptoms: [] })
})

describe('an attempt that ended because its host was lost', () => {
  const lost = (script: AttemptScript): AttemptScript => ({
    ...script,
    phases: script.phases.slice(0, 7),
    end: 'host-fault',
    fault: { phase: 'restart', code: 'MACHINE_GONE', message: 'the process of the machine ended' },
  })
  const reset = mapFacts(goodCandidate(CELL), (fact, phase) =>
    fact.kind === 'boot' && phase === 'restart' ? [{ ...fact, ended: 'reset' as const }] : [fact],
  )

  test('lends no symptoms to the verdict of the attempts that count', () => {
    const verdict = judge([lost(reset), goodCandidate(CELL, 2), goodControl(CELL)])
    expect(verdict).toMatchObject({ outcome: 'pass', symptoms: [] })
    expect(verdict.attempts[0]).toMatchObject({ end: 'host-fault', symptoms: [] })
  })

  test('is no excuse for a kernel that was seen to die', () => {
    const died = adding(goodCandidate(CELL), 'check', crashFact())
    const verdict = judge([lost(died), goodCandidate(CELL, 2), goodControl(CELL)])
    expect(verdict.outcome).toBe('inconclusive')
    expect(verdict.symptoms.map((symptom) => symptom.class)).toEqual(['panic'])
  })
})
