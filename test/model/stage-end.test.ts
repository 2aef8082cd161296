/** One rule says how a stage ended, for the live run, a resumed one and every report. */
import { describe, expect, it } from 'vitest'
import { stageEnd, type StageEnd } from '../../src/model/stage-end.ts'
import type { Verdict } from '../../src/model/verdict.ts'

type Cell = Pick<Verdict, 'outcome' | 'blame' | 'waiver'>

const passed: Cell = { outcome: 'pass', blame: 'none' }
const broken: Cell = { outcome: 'fail', blame: 'candidate' }
const open: Cell = { outcome: 'inconclusive', blame: 'host' }
const waived = (cell: Cell): Cell => ({
  ...cell,
  waiver: { id: 'known', owner: 'a@example.org', ticket: 'T-1', reason: 'known', expires: '2026-12-31' },
})

describe('a stage', () => {
  it.each<[string, StageEnd, readonly Cell[]]>([
    ['passed when every cell passed or warned', 'passed', [passed, { outcome: 'warn', blame: 'candidate' }]],
    ['failed as soon as the candidate breaks one cell', 'failed', [passed, broken, open]],
    ['passed when every failure is waived', 'passed', [passed, waived(broken)]],
    ['failed when one of two failures is waived', 'failed', [waived(broken), broken]],
    ['inconclusive while a cell has no verdict', 'inconclusive', [passed, open]],
    [
      'inconclusive for a failure that nobody is blamed for',
      'inconclusive',
      [{ outcome: 'fail', blame: 'unknown' }],
    ],
    [
      'inconclusive when a cell was never run',
      'inconclusive',
      [passed, { outcome: 'not-run', blame: 'none' }],
    ],
  ])('is %s', (_, end, cells) => {
    expect(stageEnd(cells)).toBe(end)
  })
})
