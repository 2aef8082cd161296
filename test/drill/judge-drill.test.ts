/** A bad candidate must be red for the named reason: red for another one is as blind as green. */
import { describe, expect, it } from 'vitest'
import { combine, judgeBadRun, judgeTwinRun } from '../../src/drill/judge-drill.ts'
import { DrillScenarioSchema, drillDecision, type DrillScenario } from '../../src/model/drill.ts'
import type { Policy } from '../../src/model/policy.ts'
import type { Suspect } from '../../src/model/report.ts'
import { badRun, goodRun, reportOf } from '../stand-ins/scripted-report.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'
import { bootLoop, goodControl } from '../stand-ins/scripted-run.ts'

const scenarioOf = (expected: object): DrillScenario =>
  DrillScenarioSchema.parse({
    version: 1,
    id: 'loop',
    title: 'loops',
    os: 'linux',
    expect: { class: 'boot-loop', phases: ['restart'], ...expected },
    boot: '${fault}',
    fault: 'reboot -f',
  })

/** Every cell loops with the candidate. */
function loopingRun(policy?: Policy): ReturnType<typeof reportOf> {
  const plan = scriptedPlan()
  const scripts = plan.cells.flatMap(({ id }) => [bootLoop(id), goodControl(id)])
  return reportOf(plan, scripts, policy === undefined ? {} : { policy })
}

describe('the run of a bad candidate', () => {
  const judge = (expected: object, run = loopingRun()): ReturnType<typeof judgeBadRun> =>
    judgeBadRun(scenarioOf(expected), {}, run)

  it('is right when every cell is red for the named class in the named phase and the gate holds', () => {
    expect(judge({})).toMatchObject({ is: 'right' })
  })

  it.each([
    ['another class', { class: 'boot-hang', phases: ['restart'] }, 'not for boot-hang'],
    ['another phase', { phases: ['soak'] }, 'not for boot-loop in soak'],
    ['another recovery step', { recovery: 'safe-mode-rollback' }, 'not by safe-mode-rollback'],
  ])('is wrong when it is red for %s', (_, expected, because) => {
    const found = judge(expected)
    expect(found.is).toBe('wrong')
    expect(found.because).toContain(because)
  })

  it('is wrong when it passes, or only some of the cells are red', () => {
    expect(judge({}, goodRun())).toMatchObject({ is: 'wrong' })
    expect(judge({}, badRun())).toMatchObject({ is: 'wrong' })
  })

  it('is wrong when the cells are red and no rule of the policy counts them', () => {
    const blind: Policy = {
      version: 1,
      id: 'blind',
      rules: [{ id: 'hangs', metric: 'failing-cells', symptoms: ['boot-hang'], atMost: 0 }],
    }
    const found = judge({}, loopingRun(blind))
    expect(found).toMatchObject({ is: 'wrong' })
    expect(found.because).toContain('the gate says release')
  })

  it('must have the named value as its first suspect', () => {
    const suspect = { product: 'netwatch', cpu: 'max' }
    const told: Suspect = {
      values: suspect,
      rank: 1,
      failure: 'boot-loop',
      signatures: [],
      explains: 2,
      failing: 2,
      passing: 0,
      support: 'likely',
      equivalent: [],
      because: 'it explains all',
    }
    const suspected = (suspects: readonly Suspect[]): string =>
      judgeBadRun(scenarioOf({}), { suspect }, badRun({ suspects })).is
    expect(suspected([told])).toBe('right')
    expect(suspected([{ ...told, values: { cpu: 'max' } }])).toBe('wrong')
    expect(suspected([])).toBe('wrong')
  })
})

describe('a scenario', () => {
  const right = { is: 'right', because: 'held' } as const
  const wrong = { is: 'wrong', because: 'green' } as const
  const lab = { is: 'lab', because: 'the disk is full' } as const

  it.each([
    [right, right, 'red'],
    [wrong, right, 'blind'],
    [wrong, wrong, 'blind'],
    [right, wrong, 'twin-red'],
    [lab, right, 'lab'],
    [right, lab, 'lab'],
  ] as const)('of %o and %o is %s', (bad, twin, result) => {
    expect(combine(scenarioOf({}), bad, twin).result).toBe(result)
  })

  it('needs a green twin', () => {
    expect(judgeTwinRun(goodRun())).toMatchObject({ is: 'right' })
    expect(judgeTwinRun(loopingRun())).toMatchObject({ is: 'wrong' })
  })
})

describe('the decision', () => {
  const of = (...results: readonly ('red' | 'blind' | 'twin-red' | 'lab' | 'not-shown')[]): string =>
    drillDecision({
      results: results.map((result) => ({ scenario: 'x', title: 'x', class: 'panic', result, because: '' })),
    })

  it('is about the gate: blind or a false alarm hold; a lab that failed, or nothing to show, decides nothing', () => {
    expect(of('red', 'not-shown')).toBe('release')
    expect(of('red', 'lab', 'blind')).toBe('hold')
    expect(of('red', 'twin-red')).toBe('hold')
    expect(of('red', 'lab')).toBe('inconclusive')
    expect(of('not-shown')).toBe('inconclusive')
  })
})
