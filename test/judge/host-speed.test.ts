/** A slow lab is not a slow candidate: what the host's speed explains is not held against it. */
import { describe, expect, test } from 'vitest'
import type { Fact } from '../../src/model/observation.ts'
import type { Phase } from '../../src/model/phase.ts'
import { CELL, judge, PLAN, verdictOf } from '../stand-ins/judging.ts'
import { journalOf } from '../stand-ins/scripted-journal.ts'
import { goodCandidate, goodControl, mapFacts, type AttemptScript } from '../stand-ins/scripted-run.ts'

/** Starts take so many times as long, those of the given phases or all. */
function slower(script: AttemptScript, factor: number, phases?: readonly Phase[]): AttemptScript {
  return mapFacts(script, (fact, phase) =>
    fact.kind === 'boot' && fact.settledMs !== undefined && (phases?.includes(phase) ?? true)
      ? [{ ...fact, settledMs: fact.settledMs * factor }]
      : [fact],
  )
}
const measuring = (script: AttemptScript, measure: Extract<Fact, { kind: 'measure' }>): AttemptScript =>
  mapFacts(script, (fact) => (fact.kind === 'measure' ? [1, 2, 3].map(() => measure) : [fact]))

/** The control's attempts were taken over from there. */
function takenFrom(source: string, scripts: readonly AttemptScript[], plan = PLAN) {
  const events = journalOf(plan, scripts).map((event) =>
    source === OTHER_RUN && 'arm' in event && event.arm === 'control' && event.attempt === 1
      ? { ...event, at: event.at - 86_400_000 }
      : event,
  )
  const reused = { type: 'control-reused', at: 0, cell: CELL, controlKey: 'key', source } as const
  return verdictOf([...events, reused], plan)
}
const OTHER_RUN = '20260101T000000Z-0001/zzz'
const THIS_RUN = '20261120T080000Z-4f1c/zzz'

describe('a host that was slow before the candidate came', () => {
  const slow = slower(goodCandidate(CELL), 9)

  test.each([
    ['on another host', () => judge([{ ...slow, host: 'lab-2' }, goodControl(CELL)]), 'lab-2 against lab-1'],
    ['in another run', () => takenFrom(OTHER_RUN, [slow, goodControl(CELL)]), 'in another run'],
    [
      'for another cell, when less was going on',
      () => takenFrom(THIS_RUN, [slow, goodControl(CELL)]),
      'for another cell',
    ],
  ])('explains slow starts where the control was measured %s', (_, verdict, where) => {
    expect(verdict()).toMatchObject({
      outcome: 'pass',
      symptoms: [],
      open: [{ measure: 'start-time (restart)' }],
    })
    expect(verdict().open?.[0]?.because).toContain(where)
    expect(verdict().open?.[0]?.because).toContain('9 times as slow already before the candidate came')
  })

  test('explains no more than what it is', () => {
    const worse = slower(slow, 9, ['restart'])
    expect(judge([{ ...worse, host: 'lab-2' }, goodControl(CELL)])).toMatchObject({
      outcome: 'inconclusive',
      blame: 'unknown',
    })
    expect(takenFrom(THIS_RUN, [worse, goodControl(CELL)])).toMatchObject({ outcome: 'fail' })
  })
})

describe('starts that are slow only with the candidate', () => {
  const slow = slower(goodCandidate(CELL), 9, ['restart'])

  test('are its own when this run measured the control on the same host', () => {
    expect(judge([slow, goodControl(CELL)])).toMatchObject({ outcome: 'fail', blame: 'candidate' })
    expect(takenFrom(THIS_RUN, [slow, goodControl(CELL)])).toMatchObject({
      outcome: 'fail',
      blame: 'candidate',
    })
  })

  test('stay open when the control comes from another host or run: neither blamed nor let through', () => {
    const apart = judge([{ ...slow, host: 'lab-2' }, goodControl(CELL)])
    expect(apart).toMatchObject({ outcome: 'inconclusive', blame: 'unknown' })
    expect(apart.because).toContain('not blamed, because the control was measured on another host')
    expect(takenFrom(OTHER_RUN, [slow, goodControl(CELL)])).toMatchObject({
      outcome: 'inconclusive',
      blame: 'unknown',
      symptoms: [{ class: 'perf-regression', severity: 'fail' }],
    })
  })

  const often = { ...PLAN, settings: { ...PLAN.settings, repeats: 5 } }
  const arms = [1, 2, 3, 4, 5].map((n) => ({
    little: slower(goodCandidate(CELL, n), 2.5, ['restart']),
    control: goodControl(CELL, n),
  }))

  test('are a reason to repeat when they are only a little slower there', () => {
    const apart = arms.flatMap(({ little, control }) => [{ ...little, host: 'lab-2' }, control])
    expect(judge(apart, often)).toMatchObject({
      outcome: 'pass',
      open: [{ measure: 'start-time (restart)' }],
    })
    const beside = arms.flatMap(({ little, control }) => [little, control])
    expect(judge(beside, often)).toMatchObject({ outcome: 'warn', blame: 'candidate' })
  })

  test('are held against controls of this run and host where there are any, whatever the store had', () => {
    // Kept by an earlier run under a load that made everything ten times as slow.
    const kept = slower(goodControl(CELL), 10)
    const fresh = [2, 3, 4, 5, 6].map((n) => goodControl(CELL, n))
    const scripts = [kept, ...fresh, ...arms.map(({ little }) => little)]
    expect(takenFrom(OTHER_RUN, scripts, often)).toMatchObject({ outcome: 'warn', blame: 'candidate' })
  })
})

describe('other numbers', () => {
  const memory = (value: number) =>
    ({
      kind: 'measure',
      name: 'memory',
      value,
      unit: 'MiB',
      better: 'lower',
      symptom: 'resource-growth',
      floorValue: 8,
    }) as const

  test('that no host makes larger are the candidate’s wherever the control was measured', () => {
    const leaking = measuring(goodCandidate(CELL), memory(900))
    const control = measuring(goodControl(CELL), memory(10))
    expect(judge([{ ...leaking, host: 'lab-2' }, control])).toMatchObject({
      outcome: 'fail',
      blame: 'candidate',
    })
  })

  test('that a fast host makes larger are explained by a slow one the other way round', () => {
    const rate = (value: number) =>
      ({
        ...memory(value),
        name: 'mails',
        unit: '1/s',
        better: 'higher',
        symptom: 'perf-regression',
      }) as const
    const slow = slower(measuring(goodCandidate(CELL), rate(100)), 9)
    const control = measuring(goodControl(CELL), rate(1000))
    const verdict = judge([{ ...slow, host: 'lab-2' }, control])
    expect(verdict).toMatchObject({ outcome: 'pass', symptoms: [] })
    expect(verdict.open?.map(({ measure }) => measure)).toContain('mails (soak)')
  })
})
