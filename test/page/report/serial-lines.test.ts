import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alignStarts, decisiveStart, splitStarts } from '../../../src/page/report/serial-lines.ts'

const boot = (number: number): string[] => [
  'SeaBIOS (version 1.16.2)',
  `[    0.00000${number}] Linux version 6.1.0`,
  `[    1.2${number}4567] virtio_blk virtio0: [vda] 1024 blocks at ffff88800${number}b1000`,
  'ringzero: milestone agent',
]
const DEATH = [
  '[    2.000000] BUG: kernel NULL pointer dereference, address: 0',
  '[    2.1] RIP: 0010:strlen',
]

describe('the starts of a serial line', () => {
  test('begin with what a machine says first, and one start has its firmware and its kernel', () => {
    const text = [...boot(1), ...boot(2), ...boot(3).slice(0, 3), ...DEATH].join('\n')
    expect(splitStarts(text).map((lines) => lines.length)).toEqual([4, 4, 5])
  })

  test('a tail that begins in the middle of a start keeps that as its first', () => {
    expect(splitStarts(['rest of a start', ...boot(2)].join('\n'))).toHaveLength(2)
  })

  test('the decisive one is the last that died, not the recovery after it', () => {
    const starts = splitStarts([...boot(1).slice(0, 3), ...DEATH, ...boot(2)].join('\n'))
    expect(decisiveStart(starts).at(-1)).toContain('RIP')
  })
})

describe('two starts beside each other', () => {
  test('lines that differ in times, addresses and counts are the same', () => {
    expect(alignStarts(boot(1), boot(2))).toMatchObject({ firstDifference: -1, parting: -1 })
  })

  test('they part where nothing is the same any more; a single line before that is the first difference', () => {
    const mine = [...boot(1).slice(0, 2), 'only here', ...boot(1).slice(2, 3), ...DEATH]
    const { lines, firstDifference, parting } = alignStarts(mine, boot(2))
    expect(lines[firstDifference]).toMatchObject({ candidate: 'only here', stage: 'kernel' })
    expect(lines[parting]).toMatchObject({
      candidate: DEATH[0],
      control: 'ringzero: milestone agent',
      same: false,
    })
    expect(parting).toBe(4)
  })

  test('no line of either side is lost or told twice, whatever a guest writes', () => {
    const lines = fc.array(
      fc.constantFrom('', 'a', 'b 1', 'b 2', '[ 1.0] c', 'SeaBIOS', 'ringzero: milestone agent'),
    )
    fc.assert(
      fc.property(lines, lines, (candidate, control) => {
        const aligned = alignStarts(candidate, control).lines
        const filled = (side: readonly string[]): readonly string[] => side.filter((line) => line !== '')
        expect(aligned.flatMap((line) => line.candidate ?? [])).toEqual(filled(candidate))
        expect(aligned.flatMap((line) => line.control ?? [])).toEqual(filled(control))
      }),
    )
  })
})
