/** Which drill stands for a run, and what the gate makes of it. */
import { describe, expect, it } from 'vitest'
import { drillSentence, standingOf } from '../../src/drill/standing.ts'
import { decideGate } from '../../src/judge/gate.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'
import type { DrillStanding, KeptReceipt } from '../../src/model/drill.ts'
import type { RuleResult } from '../../src/model/report.ts'
import { goodRun } from '../stand-ins/scripted-report.ts'
import { T0 } from '../stand-ins/scripted-journal.ts'

const HOUR = 3_600_000
const hash = (letter: string): string => letter.repeat(64)
const GATE = {
  matrixSha256: hash('a'),
  labSha256: hash('b'),
  policySha256: hash('c'),
  tool: '1.0.0',
  startedAt: T0,
}

function kept(hoursBefore: number, changes: Partial<KeptReceipt['receipt']> = {}): KeptReceipt {
  const startedAt = T0 - hoursBefore * HOUR
  return {
    receipt: {
      schema: 'ringzero/drill/1',
      tool: '1.0.0',
      computer: 'builder',
      startedAt,
      endedAt: startedAt + 1000,
      matrix: { id: 'm', sha256: hash('a') },
      lab: { sha256: hash('b'), hosts: [], simulated: false },
      policy: { id: 'p', sha256: hash('c') },
      full: false,
      results: [
        { scenario: 'panic', title: 'x', class: 'panic', result: 'red', because: '' },
        { scenario: 'loop', title: 'x', class: 'boot-loop', result: 'blind', because: '' },
      ],
      ...changes,
    },
  }
}

describe('the drill of a run', () => {
  it('is the newest that fits', () => {
    expect(standingOf([kept(30), kept(2), kept(9)], GATE)).toMatchObject({
      startedAt: T0 - 2 * HOUR,
      covered: ['panic'],
      missed: ['boot-loop'],
    })
  })

  it.each([
    ['of another matrix', { matrix: { id: 'm', sha256: hash('x') } }],
    ['of another lab', { lab: { sha256: hash('x'), hosts: [], simulated: false } }],
    ['of another policy', { policy: { id: 'p', sha256: hash('x') } }],
    ['of another version', { tool: '2.0.0' }],
    ['that ended after the run began', { endedAt: T0 + 1 }],
  ])('is none %s', (_, changes) => {
    expect(standingOf([kept(2, changes)], GATE)).toBeUndefined()
  })

  it('is said in words, and so is that there is none', () => {
    expect(drillSentence(undefined, T0)).toContain('no drill of this gate')
    expect(drillSentence(standingOf([kept(2)], GATE), T0)).toMatch(
      /2\.0 hours before .*1 of 2 classes.*boot-loop/,
    )
  })
})

describe('a policy that wants a drill', () => {
  const standing: DrillStanding = {
    startedAt: T0 - 2 * HOUR,
    covered: ['panic', 'boot-loop'],
    missed: [],
    full: false,
    computer: 'builder',
  }
  const { report } = goodRun()
  const ruleOf = (drill: DrillStanding | undefined, more: object = {}): RuleResult & { decision: string } => {
    const policy = { ...DEFAULT_POLICY, drill: { notOlderThanHours: 24, ...more } }
    const gate = decideGate({ ...report, ...(drill === undefined ? {} : { drill }) }, policy, T0)
    const rule = gate.rules.find(({ id }) => id === 'drilled')
    if (rule === undefined) throw new Error('there is no such rule')
    return { ...rule, decision: gate.decision }
  }

  it('releases what came after a drill that covers what it must', () => {
    expect(ruleOf(standing, { mustCover: ['panic'] })).toMatchObject({
      result: 'satisfied',
      decision: 'release',
    })
  })

  it.each([
    ['came before the run', undefined, {}, 'no drill'],
    ['was too long ago', { ...standing, startedAt: T0 - 25 * HOUR }, {}, '25.0 hours'],
    ['was blind', { ...standing, missed: ['panic' as const] }, {}, 'blind'],
    ['did not cover a class', standing, { mustCover: ['panic', 'network-loss'] }, 'network-loss'],
  ])('is inconclusive, and never holds, where none or one that %s', (_, drill, more, words) => {
    const rule = ruleOf(drill, more)
    expect(rule).toMatchObject({ result: 'inconclusive', decision: 'inconclusive' })
    expect(rule.explanation).toContain(words)
  })
})
