import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MatrixSchema } from '../../../src/model/matrix.ts'
import { checkMatrix } from '../../../src/plan/check-matrix.ts'
import { readPictModel } from '../../../src/plan/pict/pict-model.ts'
import { planConfigurations } from '../../../src/plan/plan-configurations.ts'

const model = `
# volumes
Type:          Primary (10), Logical, RAID-5
Size:          ~-1, 10, 100, 40000
Format method: quick, slow | lazy
File system:   FAT, FAT32, NTFS
OS_1:          Win 7, Win8
OS_2:          <OS_1>, ~BeOS

{ Type, Size, Format method } @ 3

IF [File system] = "fat" THEN [Size] <= 4096;
[OS_1] <> [OS_2];   # two machines
`

test('a model is read with weights, aliases, negative values, reuse, sub-models and constraints', () => {
  const { matrix, problems, warnings } = readPictModel(model, 'volumes')
  expect({ problems, warnings }).toEqual({ problems: [], warnings: [] })
  expect(MatrixSchema.parse(matrix)).toEqual(matrix)
  expect(checkMatrix(matrix!)).toEqual([])
  expect(matrix!.axes['Type']!.values[0]).toEqual({ id: 'Primary', weight: 10 })
  expect(matrix!.axes['Format-method']).toMatchObject({
    title: 'Format method',
    values: [{}, { aliases: ['lazy'] }],
  })
  expect(matrix!.axes['OS_2']!.values.at(-1)).toMatchObject({ id: 'BeOS', negative: true })
  expect(matrix!.groups).toEqual([{ axes: ['Type', 'Size', 'Format-method'], strength: 3 }])
})

test('the plan of a model keeps its constraints and never joins two negative values', () => {
  const plan = planConfigurations(readPictModel(model, 'volumes').matrix!, { seed: 1, effort: 0.1 })
  const cells = plan.stages.flatMap((stage) => stage.cells.map((cell) => cell.configuration))
  for (const cell of cells) {
    expect(cell['File-system'] === 'FAT' && cell['Size'] === '40000').toBe(false)
    expect(cell['OS_1']).not.toBe(cell['OS_2'])
    expect(cell['Size'] === '1' && cell['OS_2'] === 'BeOS').toBe(false)
  }
  expect(cells.some((cell) => cell['Size'] === '1')).toBe(true)
  expect(plan.coverage.strengths[1]!.share).toBe(1)
})

test('what PICT only warns of is a warning with its line in the file', () => {
  const { matrix, problems, warnings } = readPictModel(
    'A: 1, 2\nB: 1, 2\n\nIF [C] = 1 THEN [A] = 2;\nIF [A] = 9 THEN [B] = 1;\n',
    'x',
  )
  expect(problems).toEqual([])
  expect(warnings.map(({ line }) => line)).toEqual([4, 5])
  expect(checkMatrix(matrix!)).toEqual([])
  expect(planConfigurations(matrix!, { seed: 1, effort: 0.01 }).infeasible.count).toBe(0)
})

test('faults are problems with their line', () => {
  expect(readPictModel('A: 1\nno colon here\n', 'x').problems).toMatchObject([{ line: 2 }])
  expect(readPictModel('A: 1\na: 2\n', 'x').problems).toMatchObject([{ line: 2 }])
  expect(readPictModel('A: 1, 2\n{ A, Q } @ 2\n', 'x').problems).toMatchObject([{ line: 2 }])
  expect(readPictModel('A: 1, 2\n\n[A] = \n', 'x').problems).toMatchObject([{ line: 4, column: 1 }])
  expect(readPictModel('', 'x').problems).toHaveLength(1)
})

test('any text gives a matrix or problems, never a crash', () => {
  const piece = fc.constantFrom(
    'A',
    ':',
    ',',
    '|',
    '~',
    '(3)',
    '<A>',
    '{',
    '}',
    '@',
    '2',
    '\n',
    '[A]',
    'IF ',
    'THEN ',
    '=',
    '"x"',
    ';',
    '#',
    ' ',
    '__proto__',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const { matrix, problems } = readPictModel(pieces.join(''), 'fuzz')
      expect(matrix === undefined ? problems.length > 0 : MatrixSchema.safeParse(matrix).success).toBe(true)
    }),
    { numRuns: 1000 },
  )
})
