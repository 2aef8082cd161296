import { expect, it } from 'vitest'
import { readResults, tellResults, type FileResult } from './read-results.ts'

const line = (change: Partial<FileResult>): string =>
  `${JSON.stringify({ file: 'test/a.test.ts', passed: 2, failed: [], skipped: {}, ...change })}\n`

it('counts each file once, as it ended last, and no file that a kill cut off', () => {
  const text =
    line({ failed: ['a file is locked'] }) +
    line({ file: 'test/b.test.ts', passed: 3, skipped: { 'unix sockets': 2 } }) +
    line({ skipped: { 'unix sockets': 1 } }) +
    line({ file: 'test/c.test.ts' }).slice(0, 20)
  expect(tellResults(readResults(text))).toEqual({
    passed: 5,
    failed: 0,
    lines: [
      'not run as Windows processes: 3 (unix sockets)',
      '5 of 5 tests in 2 files pass as Windows processes',
    ],
  })
})

it('names what failed', () => {
  const { lines, failed } = tellResults(readResults(line({ failed: ['a file is locked'] })))
  expect({ lines, failed }).toEqual({
    failed: 1,
    lines: [
      'failed as a Windows process: test/a.test.ts: a file is locked',
      '2 of 3 tests in 1 files pass as Windows processes',
    ],
  })
})
