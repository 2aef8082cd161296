/** Ring reports as people and inventory systems write them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadObserved } from '../../src/inputs/load-fleet.ts'
import { MatrixSchema } from '../../src/model/matrix.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-observed-'))
afterAll(() => rmSync(folder, { recursive: true }))
const matrix = MatrixSchema.parse({
  version: 1,
  id: 'small',
  axes: { build: { values: [{ id: 'w10', title: 'Windows 10' }, { id: 'w11' }] } },
})

function written(text: string): string {
  const file = join(folder, 'ring1.csv')
  writeFileSync(file, text)
  return file
}

describe('loadObserved', () => {
  it('reads configuration, failure and hours of each machine; values by any of their names', async () => {
    const file = written('name,build,failed,hours\npc1,Windows 10,no,26.5\npc2,w11,YES,0\n')
    expect(await loadObserved(file, matrix)).toEqual([
      { configuration: { build: 'w10' }, failed: false, hours: 26.5 },
      { configuration: { build: 'w11' }, failed: true, hours: 0 },
    ])
  })

  it('names line, field and fix of everything that is wrong', async () => {
    const file = written('build,failed,hours\nw10,maybe,24\n\nw11,no,-1\nw11,no,\n')
    const hint = 'write the hours since this machine has the update, as 24 or 36.5'
    await expect(loadObserved(file, matrix)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      fault: 'user',
      problems: [
        { where: { file, line: 2, field: 'failed' }, hint: 'write yes or no' },
        { where: { file, line: 4, field: 'hours' }, hint },
        { where: { file, line: 5, field: 'hours' }, hint },
      ],
    })
  })

  it.each([
    ['', 'there is no machine in it'],
    ['build,hours\nw10,3\n', 'no column is called failed'],
    ['build,failed,hours\nw10,no\n', 'not valid CSV'],
  ])('%j is refused', async (text, message) => {
    await expect(loadObserved(written(text), matrix)).rejects.toMatchObject({
      problems: [{ message: expect.stringContaining(message) as string }],
    })
  })

  it('says that a file is not there', async () => {
    await expect(loadObserved(join(folder, 'nowhere.csv'), matrix)).rejects.toMatchObject({
      code: 'INPUT_MISSING',
    })
  })
})
