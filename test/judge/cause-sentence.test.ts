import { describe, expect, it } from 'vitest'
import { causeSentence, type Cause } from '../../src/judge/cause-sentence.ts'
import type { Finding } from '../../src/judge/finding.ts'
import { SymptomClassSchema, type SymptomClass } from '../../src/model/symptom.ts'
import { reportOf } from '../stand-ins/scripted-report.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'
import { goodCandidate, goodControl, mapFacts, type AttemptScript } from '../stand-ins/scripted-run.ts'

function finding(name: SymptomClass, summary: string, phase = 'restart'): Finding {
  return {
    symptom: {
      class: name,
      severity: 'fail',
      summary,
      seen: '',
      expected: '',
      phase,
      signature: `${name}|`,
      evidence: [],
    },
    afterInstall: true,
    basis: { kind: 'machine' },
  }
}

const cause = (blamed: readonly Finding[], change: Partial<Cause> = {}): string =>
  causeSentence({
    blamed,
    failing: 3,
    valid: 3,
    control: { failing: 0, valid: 2 },
    recovery: undefined,
    ...change,
  })

describe('the reason of a failing cell', () => {
  it('names the module and what the kernel died of before what it looks like from outside', () => {
    const loop = finding('boot-loop', '3 starts in a row died by themselves, the furthest at kernel')
    const panic = finding('panic', 'the kernel died in ringzero_sensor at start 2: NULL pointer dereference')
    expect(cause([loop, panic], { recovery: { step: 'content-rollback', broughtBack: true } })).toBe(
      'boot-loop in restart: the kernel died in ringzero_sensor at start 2: NULL pointer dereference ' +
        '(3 starts in a row died by themselves, the furthest at kernel); 3 of 3 with the candidate, 0 of 2 without it; ' +
        'content-rollback brought the machine back',
    )
  })

  it('says when no recovery step helped', () => {
    expect(
      cause([finding('panic', 'the kernel died')], {
        recovery: { step: 'offline-uninstall', broughtBack: false },
      }),
    ).toContain('no recovery step brought the machine back')
  })

  it('bounds the rate of a failure that shows in some attempts only', () => {
    expect(cause([finding('panic', 'the kernel died')], { failing: 1 })).toContain(
      'with the candidate 1 of 3: failure rate between',
    )
  })

  it.each(SymptomClassSchema.options)(
    'of %s is one sentence with the class, the place and the fact',
    (name) => {
      const sentence = cause([finding(name, 'acmefilter.sys: seen stopped, expected running', 'soak')])
      expect(sentence).toBe(
        `${name} in soak: acmefilter.sys: seen stopped, expected running; 3 of 3 with the candidate, 0 of 2 without it`,
      )
      expect(sentence).not.toContain('\n')
    },
  )
})

/** A run in which the looks at the protection look at another module, for a symptom of this class. */
function looksAt(script: AttemptScript, name: SymptomClass, seen: string): AttemptScript {
  return mapFacts(script, (fact, phase) =>
    fact.kind === 'expectation' && fact.symptom === 'protection-off'
      ? [
          {
            ...fact,
            symptom: name,
            subject: 'driver:acmefilter.sys',
            holds: seen === '' || phase === 'baseline' || phase === 'rollback',
            seen: seen === '' || phase === 'baseline' ? 'running' : seen,
          },
        ]
      : [fact],
  )
}

/** A machine that is not as asked, or that changed by itself, says nothing of the candidate. */
const BLAMED = SymptomClassSchema.options.filter(
  (name) => name !== 'profile-mismatch' && name !== 'version-drift',
)

describe('the reason of a cell that was judged', () => {
  it.each(BLAMED)('%s: one sentence names the module and what was seen of it', (name) => {
    const plan = scriptedPlan()
    const scripts = plan.cells.flatMap(({ id }, index) => [
      looksAt(goodCandidate(id), name, index === 0 ? 'stopped by error 577' : ''),
      looksAt(goodControl(id), name, ''),
    ])
    const { because, outcome } = reportOf(plan, scripts).report.cells[0]!.verdict
    expect(outcome).toBe('fail')
    expect(because).toMatch(new RegExp(`^${name} in [a-z-]+: .*acmefilter\\.sys.*stopped by error 577`))
    expect(because).toContain('1 of 1 with the candidate, 0 of 1 without it')
    expect(because).not.toMatch(/\n|\. /)
  })
})
