/** The sentence that a cell ends with names who must act. */
import { describe, expect, test } from 'vitest'
import { adding, CELL, crashFact, judge } from '../stand-ins/judging.ts'
import { goodCandidate, goodControl, type AttemptScript } from '../stand-ins/scripted-run.ts'

const broken = (
  whose: 'user' | 'tool',
  end: AttemptScript['end'],
  script: AttemptScript = goodCandidate(CELL),
): AttemptScript => ({
  ...script,
  phases: script.phases.slice(0, 6),
  end: end ?? null,
  fault: {
    phase: 'install',
    fault: whose,
    code: 'CANDIDATE_CHANGED',
    message: 'content.bin changed after content-291 was loaded',
    hint: 'start the run again',
  },
})

describe('a cell that an input stopped', () => {
  test('stays open, and its reason names the input, not ringzero', () => {
    const verdict = judge([broken('user', 'stopped'), goodControl(CELL)])
    expect(verdict).toMatchObject({ outcome: 'inconclusive', blame: 'unknown', valid: 0 })
    expect(verdict.because).toBe(
      'an input is wrong: CANDIDATE_CHANGED, content.bin changed after content-291 was loaded; start the run again',
    )
  })

  test('is told so from journals of a version that called it a fault of the tool', () => {
    expect(judge([broken('user', 'tool-fault'), goodControl(CELL)]).because).toContain('an input is wrong')
    expect(judge([broken('tool', 'tool-fault'), goodControl(CELL)])).toMatchObject({
      blame: 'tool',
      because: expect.stringContaining('ringzero or a plugin failed') as string,
    })
  })

  test('is no excuse for a kernel that died before', () => {
    const died = adding(goodCandidate(CELL), 'check', crashFact())
    const verdict = judge([broken('user', 'stopped', died), goodControl(CELL)])
    expect(verdict.outcome).toBe('inconclusive')
    expect(verdict.because).toContain('the kernel died')
  })

  test('is still without blame where the attempt went on without it', () => {
    const script: AttemptScript = { ...broken('user', 'completed'), phases: goodCandidate(CELL).phases }
    expect(judge([script, goodControl(CELL)])).toMatchObject({ outcome: 'inconclusive', blame: 'unknown' })
  })
})
