/** Mutants are made from what they are mutants of. */
import { runInThisContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import {
  activate,
  EndlessMutant,
  forget,
  isActiveMutant,
  remember,
} from '../../src/drill/mutants/active-mutant.ts'
import { checkMutants, withBrokenCheck } from '../../src/drill/mutants/check-mutants.ts'
import { instrumentJudge } from '../../src/drill/mutants/judge-mutants.ts'
import { policyMutants } from '../../src/drill/mutants/policy-mutants.ts'
import type { RunEvent } from '../../src/model/event.ts'
import type { Fact } from '../../src/model/observation.ts'
import { DEFAULT_POLICY, PolicySchema } from '../../src/model/policy.ts'

describe('mutants of a policy', () => {
  test('loosen every part of it, one at a time, and are policies themselves', () => {
    const waiver = { id: 'w', signature: 'a|*', reason: 'r', owner: 'o', ticket: 't', expires: '2026-12-01' }
    const mutants = policyMutants({
      ...DEFAULT_POLICY,
      budgets: [{ measure: 'start-time', relative: 0.2 }],
      waivers: [{ ...waiver, cells: { build: 'a' } }],
      drill: { notOlderThanHours: 24, mustCover: ['panic', 'boot-loop'] },
    })
    for (const { policy } of mutants) PolicySchema.parse(policy)
    expect(mutants.map(({ what }) => what)).toEqual([
      'rule no-candidate-failure is dropped',
      'rule no-candidate-failure: at most 1 instead of 0',
      'rule nothing-open is dropped',
      'rule nothing-open: at most 1 instead of 0',
      'rule covered is dropped',
      'rule covered: at least 0.95 instead of 1',
      'budget of start-time is dropped',
      'budget of start-time: relative limit doubled',
      'waiver w covers every failure',
      'waiver w never expires',
      'waiver w counts on every cell',
      'no drill is wanted',
      'a drill may be 48 hours old',
      'the drill need not cover panic',
      'the drill need not cover boot-loop',
    ])
  })
})

describe('mutants of checks', () => {
  const fact: Fact = {
    kind: 'expectation',
    subject: 'service:a',
    expected: 'running',
    seen: 'stopped',
    holds: false,
    symptom: 'service-degraded',
    severity: 'fail',
  }
  const head = { at: 1, cell: 'c', arm: 'candidate' as const, attempt: 1 }
  const seen = (source: string): RunEvent => ({
    ...head,
    type: 'check-ran',
    phase: 'check',
    check: source,
    facts: [fact],
  })
  const [blind, never] = checkMutants([{ id: 'services', shows: ['service-degraded'] }])

  test('one that never looks leaves nothing; one that is always true says that it holds; others are left alone', () => {
    if (blind === undefined || never === undefined) throw new Error('no mutants')
    const events = [seen('services'), seen('network')]
    expect(withBrokenCheck(events, blind)).toEqual([seen('network')])
    const [first, second] = withBrokenCheck(events, never)
    expect(first).toMatchObject({ facts: [{ holds: true, seen: 'running' }] })
    expect(second).toEqual(seen('network'))
  })
})

describe('mutants of the judge', () => {
  const made = (source: string): ReturnType<typeof instrumentJudge> =>
    instrumentJudge('file', source, 'switch.js', 0)
  /** What the function `f` of the source says, as it is and with each mutant. */
  const tried = (source: string, ...given: readonly unknown[]): unknown[] => {
    const { source: text, mutants } = made(source)
    const body = text.replace(/^import .*?;/, '').replace('export ', '')
    return [undefined, ...mutants.map(({ number }) => number)].map((number) => {
      activate(number)
      const load = runInThisContext(`(function (isActiveMutant$) { ${body}; return f })`) as (
        asks: unknown,
      ) => (...list: unknown[]) => unknown
      const said = load(isActiveMutant)(...given)
      activate()
      return said
    })
  }

  test('conditions always and never hold, all behind one switch', () => {
    const source = 'export function f(a) { if (a > 1 && a !== 5) return "many"; return "few" }'
    expect(made(source).mutants.map(({ what }) => what)).toEqual([
      'a > 1 && a !== 5 → true',
      'a > 1 && a !== 5 → false',
    ])
    expect(tried(source, 5)).toEqual(['few', 'many', 'few'])
    expect(tried(source, 2)).toEqual(['many', 'many', 'few'])
  })

  test('tables lose an entry, sets a member, rules are left out, thresholds move, severities turn', () => {
    const source = [
      'const MOST = 10',
      "const NAMES = new Set(['a', 'b'])",
      "const TABLE = { a: g('fail') }",
      'function g(x) { return x }',
      'export function f(x) { return [...g(x), ...[MOST, NAMES.has("a"), NAMES.has("b"), TABLE.a]] }',
    ].join('\n')
    expect(tried(source, ['x'])).toEqual([
      ['x', 10, true, true, 'fail'],
      ['x', 20, true, true, 'fail'],
      ['x', 5, true, true, 'fail'],
      ['x', 10, false, true, 'fail'],
      ['x', 10, true, false, 'fail'],
      ['x', 10, true, true, undefined],
      ['x', 10, true, true, 'warn'],
      [10, true, true, 'fail'],
    ])
  })

  test('one that goes in a circle ends', () => {
    activate(7, 100)
    expect(() => {
      while (isActiveMutant(7));
    }).toThrow(EndlessMutant)
    activate()
    const reached = remember()
    isActiveMutant(3)
    forget()
    isActiveMutant(4)
    expect(reached).toEqual(new Map([[3, 1]]))
  })
})
