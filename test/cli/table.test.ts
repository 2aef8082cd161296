import { expect, it } from 'vitest'
import { formatTable } from '../../src/cli/table.ts'

it('aligns columns and cuts the widest to the width', () => {
  expect(
    formatTable(
      ['id', 'what'],
      [
        ['a1', 'short'],
        ['b', 'something much longer than the rest'],
      ],
      20,
    ),
  ).toEqual(['id  what', '──  ────────────────', 'a1  short', 'b   something much …'])
})

it('a cell’s escapes and newlines never reach the terminal', () => {
  expect(formatTable(['x'], [['\u001b[31mred\u001b[0m\nnext']], 80)[2]).toBe('red next')
})
