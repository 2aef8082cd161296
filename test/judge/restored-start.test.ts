/** The content lane: a machine that went on from a checkpoint proves nothing about a start, and its arms are alike or say nothing. */
import { describe, expect, it } from 'vitest'
import type { Plan, PlannedCell } from '../../src/model/plan.ts'
import { CELL, PLAN, adding, crashFact, judge } from '../stand-ins/judging.ts'
import { boot, goodCandidate, goodControl, type AttemptScript } from '../stand-ins/scripted-run.ts'

const startingFrom = (start: PlannedCell['start']): Plan => ({
  ...PLAN,
  cells: PLAN.cells.map((cell) => ({ ...cell, ...(start === undefined ? {} : { start }) })),
})
const lane = startingFrom({ from: 'checkpoint' })
const refused = startingFrom({ from: 'boot', because: 'it has a TPM' })

/** The same attempt, gone on from a checkpoint. */
function restored(script: AttemptScript): AttemptScript {
  return {
    ...script,
    phases: script.phases.map((entry) =>
      entry.phase === 'boot'
        ? { ...entry, phase: 'restore', facts: [boot(1, { cause: 'restored', checkpoint: 'c'.repeat(64) })] }
        : entry,
    ),
  }
}

const candidate = goodCandidate(CELL)
const control = goodControl(CELL)

describe('a cell of the content lane', () => {
  it('passes when both arms went on from a checkpoint and restarted', () => {
    expect(judge([restored(candidate), restored(control)], lane)).toMatchObject({ outcome: 'pass' })
  })

  it('fails when its candidate crashes where the restored control does not', () => {
    const crashed = adding(restored(candidate), 'check', crashFact())
    expect(judge([crashed, restored(control)], lane)).toMatchObject({ outcome: 'fail', blame: 'candidate' })
  })

  it.each([
    ['its candidate booted instead', [candidate, restored(control)]],
    ['its control booted instead', [restored(candidate), control]],
    ['both booted', [candidate, control]],
  ])('never passes when %s', (_, scripts) => {
    expect(judge(scripts, lane).outcome).toBe('inconclusive')
  })

  it.each([
    ['nobody asked for it', PLAN],
    ['its machine cannot be saved', refused],
  ])('never passes restored where %s', (_, plan) => {
    expect(judge([restored(candidate), restored(control)], plan).outcome).toBe('inconclusive')
    expect(judge([candidate, control], plan).outcome).toBe('pass')
  })

  it('never passes without its restart: going on is not a start, wherever it is written', () => {
    const without = (script: AttemptScript, facts: AttemptScript['phases'][number]['facts'] & object) => ({
      ...restored(script),
      phases: restored(script).phases.map((entry) =>
        entry.phase === 'restart' ? { ...entry, facts } : entry,
      ),
    })
    expect(judge([without(candidate, []), restored(control)], lane).outcome).toBe('inconclusive')
    const claimed = [boot(2, { cause: 'restored' })]
    expect(judge([without(candidate, claimed), restored(control)], lane).outcome).toBe('inconclusive')
  })
})
