/** The judge that follows a journal: what it says never depends on when it was asked, and grows with the cells alone. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeRun } from '../../src/judge/judge-run.ts'
import { RunJudge } from '../../src/judge/run-judge.ts'
import type { RunEvent } from '../../src/model/event.ts'
import type { Plan } from '../../src/model/plan.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'
import { journalOf, T0 } from '../stand-ins/scripted-journal.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'
import { bootLoop, goodCandidate, goodControl } from '../stand-ins/scripted-run.ts'

const PLAN = scriptedPlan()
const EVENTS = journalOf(
  PLAN,
  PLAN.cells.flatMap(({ id }, at) => [at % 3 === 0 ? bootLoop(id) : goodCandidate(id), goodControl(id)]),
)
/** All cells have one control key; the first measures it, the others name its attempt. */
const SHARING: Plan = { ...PLAN, cells: PLAN.cells.map((cell) => ({ ...cell, controlKey: 'same' })) }
const FIRST = SHARING.cells[0]!.id

function sharing(plan: Plan): RunEvent[] {
  const [first, ...others] = plan.cells
  const events = journalOf(plan, [
    goodControl(first!.id),
    ...plan.cells.map(({ id }, at) => (at % 3 === 1 ? bootLoop(id) : goodCandidate(id))),
  ])
  const reused = others.map(({ id }): RunEvent => ({
    type: 'control-reused',
    at: T0,
    cell: id,
    controlKey: 'same',
    source: `20261120T080000Z-4f1c/${first!.id}`,
    attempts: [`${first!.id}/control-1`],
  }))
  const control = events.findIndex((event) => event.type === 'attempt-closed') + 1
  return [...events.slice(0, control), ...reused, ...events.slice(control)]
}

function tell(judge: RunJudge, events: readonly RunEvent[]): RunJudge {
  for (const event of events) judge.note(event)
  return judge
}

describe('a judge that is told event by event', () => {
  test.each([
    ['with a control for each cell', PLAN, EVENTS],
    ['with one control for all', SHARING, sharing(SHARING)],
  ])('says after any event what one says that hears them all at once, %s', (_, plan, events) => {
    fc.assert(
      fc.property(fc.array(fc.nat(events.length), { maxLength: 6 }), (asked) => {
        const judge = new RunJudge(plan)
        let told = 0
        for (const until of [...asked, events.length].toSorted((a, b) => a - b)) {
          tell(judge, events.slice(told, until))
          told = until
          expect(judge.judge(DEFAULT_POLICY, T0)).toEqual(
            tell(
              new RunJudge(plan, { whole: new Set(plan.cells.map(({ id }) => id)) }),
              events.slice(0, until),
            ).judge(DEFAULT_POLICY, T0),
          )
        }
        expect(judge.stale.size).toBe(0)
      }),
      { numRuns: 25 },
    )
  })

  test('knows that it has to hear a cell again that went on after its last attempt', () => {
    const judge = tell(new RunJudge(PLAN), EVENTS)
    tell(
      judge,
      journalOf(PLAN, [bootLoop(PLAN.cells[1]!.id, 2)]).filter((event) => 'attempt' in event),
    )
    expect([...judge.stale]).toEqual([PLAN.cells[1]!.id])
  })

  test('and all events at once are judged with it: a later crash is never forgotten', () => {
    const { id } = PLAN.cells[1]!
    const later = journalOf(PLAN, [bootLoop(id, 2)]).filter((event) => 'attempt' in event)
    const { cells } = judgeRun(PLAN, [...EVENTS, ...later], DEFAULT_POLICY, T0)
    expect(cells.find(({ planned }) => planned.id === id)?.verdict).toMatchObject({
      outcome: 'fail',
      failing: 1,
      valid: 2,
    })
  })
})

describe('one control for all cells', () => {
  const { cells, controls } = judgeRun(SHARING, sharing(SHARING), DEFAULT_POLICY, T0)

  test('is told once, and each verdict names it', () => {
    expect(controls.map(({ id }) => id)).toEqual([`${FIRST}/control-1`])
    expect(cells.every(({ verdict }) => verdict.control.attempts.join() === `${FIRST}/control-1`)).toBe(true)
    expect(cells.map(({ verdict }) => verdict.control.cached)).toEqual(cells.map((_, at) => at > 0))
  })

  test('counts as a control of its own would', () => {
    const outcomes = cells.map(({ verdict }) => verdict.outcome)
    expect(outcomes).toEqual(SHARING.cells.map((_, at) => (at % 3 === 1 ? 'fail' : 'pass')))
  })

  test('makes a report that grows with the cells, not with cells and cells', () => {
    const many = (count: number): Plan => ({
      ...SHARING,
      cells: Array.from({ length: count }, (_, at) => ({ ...SHARING.cells[0]!, id: `cell-${at}` })),
    })
    const size = (plan: Plan): number =>
      JSON.stringify(judgeRun(plan, sharing(plan), DEFAULT_POLICY, T0)).length / plan.cells.length
    expect(size(many(60)) / size(many(20))).toBeLessThan(1.05)
  })

  test('that nobody could take over stands in for a bounded number of attempts', () => {
    const plan: Plan = {
      ...SHARING,
      cells: Array.from({ length: 30 }, (_, at) => ({ ...SHARING.cells[0]!, id: `cell-${at}` })),
    }
    const scripts = plan.cells.flatMap(({ id }, at) =>
      at < 20 ? [goodControl(id), goodCandidate(id)] : [goodCandidate(id)],
    )
    const { cells: judged } = judgeRun(plan, journalOf(plan, scripts), DEFAULT_POLICY, T0)
    expect(judged.map(({ verdict }) => verdict.outcome)).toEqual(plan.cells.map(() => 'pass'))
    expect(Math.max(...judged.map(({ verdict }) => verdict.control.attempts.length))).toBe(8)
  })
})
