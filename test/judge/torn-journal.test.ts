import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adding, CELL, crashFact, good, PLAN, verdictOf } from '../stand-ins/judging.ts'
import { journalOf } from '../stand-ins/scripted-journal.ts'
import {
  boot,
  bootLoop,
  goodCandidate,
  goodControl,
  mapFacts,
  type AttemptScript,
} from '../stand-ins/scripted-run.ts'

describe('a journal that lost something', () => {
  const failing: readonly (readonly [string, readonly AttemptScript[]])[] = [
    ['a boot loop', [bootLoop(CELL), goodControl(CELL)]],
    [
      'a late panic',
      [
        adding(
          goodCandidate(CELL),
          'restart',
          crashFact(),
          boot(5, { ended: 'crash', milestone: 'kernel', cause: 'unexpected-reset' }),
        ),
        goodControl(CELL),
      ],
    ],
    [
      'protection off',
      [
        mapFacts(goodCandidate(CELL), (fact, phase) =>
          fact.kind === 'expectation' && fact.subject === 'product:netwatch' && phase === 'check'
            ? [{ ...fact, holds: false }]
            : [fact],
        ),
        goodControl(CELL),
      ],
    ],
    [
      'an invalid machine',
      [
        mapFacts(goodCandidate(CELL), (fact) =>
          fact.kind === 'profile' ? [{ ...fact, matches: false }] : [fact],
        ),
        goodControl(CELL),
      ],
    ],
  ]

  test.each(failing)('%s never passes without one of its lines', (_, scripts) => {
    const events = journalOf(PLAN, scripts)
    expect(verdictOf(events).outcome).not.toBe('pass')
    for (const dropped of events.keys()) {
      const verdict = verdictOf(events.filter((__, index) => index !== dropped))
      expect({ outcome: verdict.outcome, without: events[dropped] }).not.toMatchObject({ outcome: 'pass' })
    }
  })

  test.each(failing)(
    '%s never passes when the journal is cut anywhere, in either order of the arms',
    (_, scripts) => {
      for (const order of [scripts, scripts.toReversed()]) {
        const events = journalOf(PLAN, order)
        for (const length of events.keys())
          expect(verdictOf(events.slice(0, length)).outcome).not.toBe('pass')
      }
    },
  )

  test('a pass becomes open when any line that proves it is missing, and stays a pass only for lines that prove nothing', () => {
    const events = journalOf(PLAN, good)
    const harmless = events.filter(
      (_, dropped) => verdictOf(events.filter((__, index) => index !== dropped)).outcome === 'pass',
    )
    const kinds = new Set(
      harmless.map((event) => {
        if (event.type === 'observed')
          return `${event.arm} ${event.observation.phase} ${event.observation.fact.kind}`
        if (event.type === 'check-ran') return `${event.arm} ${event.phase} check-ran`
        return 'phase' in event ? `${event.arm} ${event.phase} ${event.type}` : event.type
      }),
    )
    expect([...kinds].sort()).toEqual(EXPECTED_HARMLESS)
  })

  test('any subset of a failing journal is open or red, never green', () => {
    const events = journalOf(PLAN, failing[0]![1])
    fc.assert(
      fc.property(fc.subarray(events.map((_, index) => index)), (kept) => {
        expect(verdictOf(kept.map((index) => events[index]!)).outcome).not.toBe('pass')
      }),
      { numRuns: 300 },
    )
  })

  test('no subset of a good journal is red', () => {
    const events = journalOf(PLAN, good)
    fc.assert(
      fc.property(fc.subarray(events.map((_, index) => index)), (kept) => {
        expect(verdictOf(kept.map((index) => events[index]!)).outcome).not.toBe('fail')
      }),
      { numRuns: 300 },
    )
  })
})

/** Lines of the run itself, notes, one of several openings of a phase, and looks of the control that the candidate's arm did not need. */
const EXPECTED_HARMLESS: readonly string[] = [
  'candidate check phase-opened',
  'candidate collect phase-closed',
  'candidate collect phase-opened',
  'candidate restart phase-opened',
  'control baseline check-ran',
  'control baseline expectation',
  'control baseline inventory',
  'control baseline profile',
  'control check check-ran',
  'control check expectation',
  'control check inventory',
  'control check phase-opened',
  'control collect phase-closed',
  'control collect phase-opened',
  'control restart phase-opened',
  'control rollback check-ran',
  'control rollback expectation',
  'control rollback inventory',
  'control soak check-ran',
  'control soak expectation',
  'control soak inventory',
  'host-inspected',
  'run-closed',
  'run-opened',
  'session-opened',
  'stage-closed',
  'stage-opened',
]
