/** Text that is not UTF-8, in each file that a person hands in. */
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadFleet } from '../../src/inputs/load-fleet.ts'
import { loadLab } from '../../src/inputs/load-lab.ts'
import { loadMatrix } from '../../src/inputs/load-matrix.ts'
import { loadPictModel } from '../../src/inputs/load-pict-model.ts'
import { loadPolicy } from '../../src/inputs/load-policy.ts'
import { secretReader } from '../../src/inputs/secrets.ts'
import { AppError } from '../../src/model/errors.ts'
import { readPictModel } from '../../src/plan/pict/pict-model.ts'

const matrix = { version: 1 as const, id: 'm', axes: { a: { values: [{ id: 'x' }] } } }
const READERS: Readonly<Record<string, (file: string) => unknown>> = {
  matrix: async (file) => loadMatrix(file, () => []),
  lab: async (file) => loadLab(file),
  policy: async (file) => loadPolicy(file),
  'PICT model': async (file) => loadPictModel(file, readPictModel),
  fleet: async (file) => loadFleet(file, matrix),
  'file of the secret "key"': (file) => secretReader([{ name: 'key', file }], '/', {})('key'),
}

async function refused(what: string, bytes: Buffer): Promise<AppError> {
  const file = join(await mkdtemp(join(tmpdir(), 'rz-text-')), 'given.txt')
  await writeFile(file, bytes)
  await chmod(file, 0o600)
  try {
    await READERS[what]?.(file)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('not refused')
}

describe('a file that is not UTF-8', () => {
  it.each(Object.keys(READERS))('is refused with its encoding: %s', async (what) => {
    const wide = await refused(what, Buffer.from('\ufeffa: Zürich\n', 'utf16le'))
    expect(wide).toMatchObject({ code: 'INPUT_INVALID', fault: 'user' })
    expect(wide.message).toBe(`the ${what} is UTF-16, not UTF-8`)
    const old = await refused(what, Buffer.from('# a\na: Z\u00fcrich\n', 'latin1'))
    expect(old.message).toBe(`the ${what} is not UTF-8: an older code page such as Windows-1252`)
    expect(old.where).toMatchObject({ line: 2 })
  })

  it('as users have it: a PICT model in UTF-16', async () => {
    const bytes = await readFile(join(import.meta.dirname, '../field-cases/utf16.pict'))
    expect((await refused('PICT model', bytes)).message).toBe('the PICT model is UTF-16, not UTF-8')
  })
})
