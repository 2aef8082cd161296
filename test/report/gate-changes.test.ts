import { describe, expect, test } from 'vitest'
import { DEFAULT_POLICY, type Policy } from '../../src/model/policy.ts'
import { gateChanges, loosenedSentences, type GateInputs } from '../../src/report/gate-changes.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'

const { settings } = scriptedPlan()
const BEFORE: GateInputs = {
  policy: DEFAULT_POLICY,
  matrix: {
    version: 1,
    id: 'm',
    axes: { build: { values: [{ id: 'old' }, { id: 'new' }] } },
  },
  settings,
  strength: 2,
}
const now = (changes: Partial<GateInputs>): string[] =>
  gateChanges(BEFORE, { ...BEFORE, ...changes }).map(
    ({ what, loosens }) => `${loosens ? 'LOOSER' : 'other'}: ${what}`,
  )
const policy = (changes: Partial<Policy>): string[] => now({ policy: { ...DEFAULT_POLICY, ...changes } })

describe('a gate that was loosened', () => {
  test('is told by each of its parts', () => {
    const [failures, open, covered] = DEFAULT_POLICY.rules as [
      Policy['rules'][number],
      Policy['rules'][number],
      Policy['rules'][number],
    ]
    expect(policy({ rules: [failures, covered] })).toEqual(['LOOSER: the rule nothing-open is gone'])
    expect(policy({ rules: [{ ...failures, atMost: 2 }, open, covered] })).toEqual([
      'LOOSER: the rule no-candidate-failure: at most is 2, it was 0',
    ])
    expect(policy({ rules: [failures, open, { ...covered, atLeast: 0.9 }] })).toEqual([
      'LOOSER: the rule covered: at least is 0.9, it was 1',
    ])
    expect(policy({ rules: [{ ...failures, symptoms: ['panic'] }, open, covered] })).toEqual([
      'LOOSER: the rule no-candidate-failure counts every class no longer',
    ])
    expect(policy({ rules: [failures, { ...open, waivable: true }, covered] })).toEqual([
      'LOOSER: the rule nothing-open may be waived',
    ])
    const waiver = { id: 'w', signature: '*', reason: 'r', owner: 'o', ticket: 't', expires: '2027-01-01' }
    expect(policy({ waivers: [waiver] })).toEqual([
      'LOOSER: the waiver w (*, of o, t, until 2027-01-01) is new',
    ])
    expect(now({ settings: { ...settings, checks: settings.checks.slice(1), restarts: 1 } })).toEqual([
      `LOOSER: the check ${settings.checks[0]} does not look any more`,
      'LOOSER: the number of restarts is 1, it was 3',
    ])
    expect(
      now({
        matrix: {
          ...BEFORE.matrix,
          axes: { build: { values: [{ id: 'new' }] } },
          constraints: [{ when: { build: 'new' }, forbid: { build: 'old' }, reason: 'because' }],
        },
      }).map((line) => line.slice(0, 50)),
    ).toEqual([
      'LOOSER: build old is not tested any more',
      'LOOSER: configurations are left out by a new const',
    ])
  })

  test('a limit that goes is looser, a limit that comes is stricter', () => {
    const with1 = {
      ...BEFORE,
      policy: { ...DEFAULT_POLICY, budgets: [{ measure: 'start-time', relative: 0.2 }] },
    }
    expect(gateChanges(with1, BEFORE)).toMatchObject([{ loosens: true }])
    expect(gateChanges(BEFORE, with1)).toMatchObject([{ loosens: false }])
  })
})

test('a gate that is the same, or of which nothing is on record, tells nothing', () => {
  expect(now({})).toEqual([])
  expect(
    gateChanges({ ...BEFORE, policy: undefined }, { ...BEFORE, policy: { ...DEFAULT_POLICY, rules: [] } }),
  ).toEqual([])
})

test('a sentence says what, since when, and by whom as far as git knows it', () => {
  const change = { what: 'the rule a is gone', loosens: true, file: 'policy' as const }
  expect(
    loosenedSentences({
      run: 'r1',
      policyOnRecord: true,
      changes: [change, { ...change, what: 'b is new', loosens: false }],
      authors: [
        { file: 'policy', author: 'somebody' },
        { file: 'policy', author: 'Ann', at: '2026-11-20T10:00:00+01:00', commit: 'abc1234' },
        { file: 'matrix', author: 'Bob', at: '2026-11-20T10:00:00+01:00', commit: 'def' },
      ],
    }),
  ).toEqual([
    'the gate is looser than in run r1: the rule a is gone (policy file changed by somebody, not committed, Ann on 2026-11-20T10:00:00+01:00, abc1234)',
  ])
})
