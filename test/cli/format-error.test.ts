import { expect, it } from 'vitest'
import { formatError } from '../../src/cli/format-error.ts'

it('shows where, what and the fix; paths count from the current folder', () => {
  const lines = formatError(
    {
      code: 'INPUT_INVALID',
      fault: 'user',
      message: 'the matrix has 2 problems',
      problems: [
        {
          message: 'unknown field "axis"',
          hint: 'did you mean "axes"?',
          where: { file: '/home/a/m.yaml', line: 3, column: 1, field: 'axis' },
        },
        { message: 'no', where: { file: '/elsewhere/m.yaml' } },
      ],
    },
    '/home/a',
  )
  expect(lines).toEqual([
    'm.yaml:3:1: unknown field "axis"',
    '  field: axis',
    '  fix: did you mean "axes"?',
    '/elsewhere/m.yaml: no',
    'error: the matrix has 2 problems',
    '  more: ringzero explain INPUT_INVALID',
  ])
})
