import { expect, test } from 'vitest'
import { cellHref, parseRoute } from '../../../src/page/report/route.ts'

const isCell = (id: string): boolean => id === '4f0c'

test('an address leads to a cell and a tab of it, and back', () => {
  expect(parseRoute(cellHref('4f0c', 'compare'), isCell)).toEqual({
    at: 'cell',
    cell: '4f0c',
    tab: 'compare',
  })
  expect(parseRoute(cellHref('4f0c'), isCell)).toEqual({ at: 'cell', cell: '4f0c', tab: 'cause' })
})

test('the id of a cell alone leads to its cause; what is no cell or no tab leads nowhere else', () => {
  expect(parseRoute('#4f0c', isCell)).toMatchObject({ cell: '4f0c', tab: 'cause' })
  expect(parseRoute('#/cell/4f0c/__proto__', isCell)).toMatchObject({ tab: 'cause' })
  for (const hash of ['', '#', '#/', '#/cell/ffff', '#%E0%A4%A', '#/elsewhere/4f0c'])
    expect(parseRoute(hash, isCell)).toEqual({ at: 'run' })
})
