import { describe, expect, test } from 'vitest'
import { judgeRun } from '../../src/judge/judge-run.ts'
import type { Fact } from '../../src/model/observation.ts'
import type { Plan } from '../../src/model/plan.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'
import { adding, CELL, crashFact, good, judge, PLAN } from '../stand-ins/judging.ts'
import { journalOf, T0 } from '../stand-ins/scripted-journal.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'
import {
  bootLoop,
  expectation,
  goodCandidate,
  goodControl,
  mapFacts,
  type AttemptScript,
} from '../stand-ins/scripted-run.ts'

describe('a cell passes', () => {
  test('when every phase and check left its own evidence and the control did the same', () => {
    expect(judge(good)).toMatchObject({
      outcome: 'pass',
      blame: 'none',
      failing: 0,
      valid: 1,
      control: { failing: 0, valid: 1, cached: false },
      symptoms: [],
      blind: [],
    })
  })

  test('and says what that bounds', () => {
    const verdict = judge(good)
    expect(verdict.because).toContain('0 of 1: failure rate below 95 %')
    expect(verdict.rateHigh).toBeCloseTo(0.95)
  })

  test('after the host failed the first attempt', () => {
    const lost: AttemptScript = {
      ...goodCandidate(CELL),
      phases: goodCandidate(CELL).phases.slice(0, 3),
      end: 'host-fault',
      fault: { phase: 'baseline', code: 'HOST_QEMU_DIED', message: 'killed' },
    }
    expect(judge([lost, goodCandidate(CELL, 2), goodControl(CELL)])).toMatchObject({
      outcome: 'pass',
      valid: 1,
    })
  })

  test('with the control of another cell that has the same control key', () => {
    const base = scriptedPlan()
    const plan: Plan = {
      ...base,
      cells: base.cells.slice(0, 2).map((cell) => ({ ...cell, controlKey: 'same' })),
    }
    const [first, second] = plan.cells
    const verdicts = judgeRun(
      plan,
      journalOf(plan, [goodCandidate(first!.id), goodControl(first!.id), goodCandidate(second!.id)]),
      DEFAULT_POLICY,
      T0,
    ).cells.map(({ verdict }) => verdict)
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(['pass', 'pass'])
    expect(verdicts.map(({ control }) => control.cached)).toEqual([false, true])
  })
})

describe('the candidate is blamed', () => {
  test('for a boot loop that the control does not have, with the crash named and the recovery told', () => {
    const verdict = judge([bootLoop(CELL), goodControl(CELL)])
    expect(verdict).toMatchObject({
      outcome: 'fail',
      blame: 'candidate',
      failing: 1,
      recovery: { step: 'content-rollback', broughtBack: true },
    })
    expect(verdict.symptoms.map((symptom) => symptom.class)).toEqual(['boot-loop', 'panic'])
    expect(verdict.symptoms[1]?.signature).toBe(
      'panic|BUG: unable to handle page fault for address: #||sensor|kernel',
    )
  })

  test('for protection that is off on a machine that boots', () => {
    const off = mapFacts(goodCandidate(CELL), (fact, phase) =>
      fact.kind === 'expectation' && fact.subject === 'product:netwatch' && phase === 'check'
        ? [{ ...fact, holds: false, seen: 'probe exits 1' }]
        : [fact],
    )
    expect(judge([off, goodControl(CELL)])).toMatchObject({
      outcome: 'fail',
      blame: 'candidate',
      symptoms: [
        {
          class: 'protection-off',
          seen: 'probe exits 1',
          signature: 'protection-off|expectation|product|netwatch|',
        },
      ],
    })
  })

  test('for one crash in three attempts: an intermittent crash is not a flake', () => {
    const plan = { ...PLAN, settings: { ...PLAN.settings, repeats: 3 } }
    const scripts = [goodCandidate(CELL), bootLoop(CELL, 2), goodCandidate(CELL, 3), goodControl(CELL)]
    const verdict = judge(scripts, plan)
    expect(verdict).toMatchObject({ outcome: 'fail', blame: 'candidate', failing: 1, valid: 3 })
    expect(verdict.because).toContain('1 of 3')
  })

  test('for a panic after which the machine came up again', () => {
    const script = adding(goodCandidate(CELL), 'restart', crashFact())
    expect(judge([script, goodControl(CELL)])).toMatchObject({ outcome: 'fail', blame: 'candidate' })
  })

  test('for an update that is not there, although no control can have it', () => {
    const script = mapFacts(goodCandidate(CELL), (fact) =>
      fact.kind === 'expectation' && fact.symptom === 'update-not-applied'
        ? [{ ...fact, holds: false }]
        : [fact],
    )
    expect(judge([script, goodControl(CELL)])).toMatchObject({
      outcome: 'fail',
      blame: 'candidate',
      symptoms: [{ class: 'update-not-applied' }],
    })
  })

  test('for a failure that the control shows too, when it is far more frequent', () => {
    const plan = { ...PLAN, settings: { ...PLAN.settings, repeats: 12 } }
    const numbers = Array.from({ length: 12 }, (_, index) => index + 1)
    const off = (script: AttemptScript): AttemptScript =>
      mapFacts(script, (fact) =>
        fact.kind === 'expectation' && fact.subject === 'service:sensor'
          ? [{ ...fact, holds: false }]
          : [fact],
      )
    const often = numbers.map((number) => off({ ...goodCandidate(CELL, number) }))
    const rarely = numbers.map((number) =>
      number === 1 ? off(goodControl(CELL, number)) : goodControl(CELL, number),
    )
    const verdict = judge([...often, ...rarely], plan)
    // It fails before the install as well, so it cannot be the candidate's.
    expect(verdict).toMatchObject({ outcome: 'warn', blame: 'pre-existing' })
    const onlyAfter = often.map((script) =>
      mapFacts(script, (fact, phase) =>
        fact.kind === 'expectation' && phase === 'baseline' ? [{ ...fact, holds: true }] : [fact],
      ),
    )
    expect(judge([...onlyAfter, ...rarely], plan)).toMatchObject({
      outcome: 'fail',
      blame: 'candidate',
      failing: 12,
    })
    const alike = [
      ...onlyAfter.slice(0, 1),
      ...Array.from({ length: 11 }, (_, index) => goodCandidate(CELL, index + 2)),
    ]
    expect(judge([...alike, ...rarely], plan)).toMatchObject({ outcome: 'warn', blame: 'pre-existing' })
  })
})

describe('the candidate is not blamed', () => {
  test('for what the control shows too; a machine that could not be judged stays open', () => {
    const loop = bootLoop(CELL)
    const control: AttemptScript = {
      ...loop,
      arm: 'control',
      phases: loop.phases.filter(({ phase }) => phase !== 'install' && phase !== 'recover'),
    }
    const verdict = judge([loop, control])
    expect(verdict).toMatchObject({ outcome: 'inconclusive', blame: 'pre-existing', symptoms: [] })
    expect(verdict.preExisting.map((symptom) => symptom.class)).toEqual(['boot-loop', 'panic'])
  })

  test('for a service that is broken on the control too: a warning, since all else was seen', () => {
    const broken = (script: AttemptScript): AttemptScript =>
      mapFacts(script, (fact) =>
        fact.kind === 'expectation' && fact.subject === 'service:sensor'
          ? [{ ...fact, holds: false }]
          : [fact],
      )
    expect(judge([broken(goodCandidate(CELL)), broken(goodControl(CELL))])).toMatchObject({
      outcome: 'warn',
      blame: 'pre-existing',
    })
  })

  test('for a failure that was there before the install', () => {
    const loop = bootLoop(CELL)
    const early: AttemptScript = {
      ...loop,
      phases: [
        { phase: 'provision' },
        {
          phase: 'boot',
          end: 'symptom',
          facts: loop.phases.find(({ phase }) => phase === 'restart')?.facts ?? [],
        },
        { phase: 'collect' },
      ],
    }
    expect(judge([early, goodControl(CELL)])).toMatchObject({ outcome: 'inconclusive', blame: 'host' })
  })

  test('without a control: a crash is open, not blamed and not passed', () => {
    expect(judge([bootLoop(CELL)])).toMatchObject({ outcome: 'inconclusive', blame: 'unknown' })
  })

  test('when no control looked at the thing that fails', () => {
    const script = adding(goodCandidate(CELL), 'check', expectation('mailbox:inbound', 'network-loss', false))
    const verdict = judge([script, goodControl(CELL)])
    expect(verdict).toMatchObject({ outcome: 'inconclusive', blame: 'unknown' })
    expect(verdict.because).toContain('no control looked at mailbox:inbound')
  })

  test('when the control crashes in another way', () => {
    const control = adding(goodControl(CELL), 'restart', { ...crashFact(), module: 'other' } as Fact)
    expect(judge([bootLoop(CELL), control])).toMatchObject({ outcome: 'inconclusive', blame: 'unknown' })
  })

  test('when the machine is not the one that was asked for', () => {
    const script = mapFacts(bootLoop(CELL), (fact) =>
      fact.kind === 'profile' ? [{ ...fact, measured: '2', matches: false }] : [fact],
    )
    const verdict = judge([script, goodControl(CELL)])
    expect(verdict.outcome).toBe('inconclusive')
    expect(verdict.attempts[0]?.invalid).toContain('cpu.count = 2, asked was 1')
  })

  test('when the host failed', () => {
    const lost: AttemptScript = {
      ...goodCandidate(CELL),
      phases: goodCandidate(CELL).phases.slice(0, 4),
      end: 'host-fault',
      fault: { phase: 'install', code: 'HOST_DISK_FULL', message: 'no space left' },
    }
    expect(judge([lost, goodControl(CELL)])).toMatchObject({
      outcome: 'inconclusive',
      blame: 'host',
      failing: 0,
      valid: 0,
    })
  })
})

describe('nothing passes', () => {
  test('that was never started', () => {
    expect(judge([goodControl(CELL)])).toMatchObject({ outcome: 'not-run', blame: 'none' })
  })

  test('after a crash in an attempt that was cut short, even if the next one is clean', () => {
    const cut = (end: AttemptScript['end']): AttemptScript => ({ ...bootLoop(CELL), end: end ?? null })
    for (const end of [null, 'interrupted', 'host-fault', 'stopped'] as const)
      expect(judge([cut(end), goodCandidate(CELL, 2), goodControl(CELL)]).outcome).toBe('inconclusive')
  })

  test('whose check never looked with the candidate in, on neither arm', () => {
    const without = (script: AttemptScript): AttemptScript => ({
      ...script,
      phases: script.phases.map((entry) =>
        entry.phase === 'soak' ? { ...entry, checks: ['boot-facts', 'profile', 'services'] } : entry,
      ),
    })
    const verdict = judge(good.map(without))
    expect(verdict).toMatchObject({ outcome: 'inconclusive', blame: 'unknown' })
    expect(verdict.because).toContain('protection looked 4 of 5 times with the candidate in')
  })

  test('while another attempt of it is still open', () => {
    const open: AttemptScript = { ...goodCandidate(CELL, 2), phases: [], end: null }
    expect(judge([...good, open])).toMatchObject({ outcome: 'inconclusive', valid: 1 })
  })

  test('when a needed check is blind', () => {
    const script = adding(goodCandidate(CELL), 'check', {
      kind: 'blind',
      subject: 'protection',
      reason: 'no answer',
    })
    const verdict = judge([script, goodControl(CELL)])
    expect(verdict).toMatchObject({ outcome: 'inconclusive', blind: [{ subject: 'protection' }] })
  })

  test('when the guest counted a start that nobody saw', () => {
    const script = mapFacts(goodCandidate(CELL), (fact) =>
      fact.kind === 'boot' && fact.ordinal >= 3 ? [{ ...fact, guestBootCount: fact.ordinal + 1 }] : [fact],
    )
    expect(judge([script, goodControl(CELL)])).toMatchObject({
      outcome: 'fail',
      symptoms: [{ class: 'unexpected-restart' }],
    })
  })

  test('when fewer attempts were completed than the plan asks for', () => {
    const plan = { ...PLAN, settings: { ...PLAN.settings, repeats: 2 } }
    expect(judge(good, plan).outcome).toBe('inconclusive')
  })
})
