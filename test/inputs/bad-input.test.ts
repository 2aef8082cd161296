/** Every malformed file of fixtures/bad-input gives exactly the error that a user should read. */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadLab } from '../../src/inputs/load-lab.ts'
import { loadMatrix } from '../../src/inputs/load-matrix.ts'
import { checkMatrix } from '../../src/plan/check-matrix.ts'
import { loadPartners } from '../../src/inputs/load-partners.ts'
import { loadPolicy } from '../../src/inputs/load-policy.ts'
import { formatError } from '../../src/cli/format-error.ts'
import { AppError } from '../../src/model/errors.ts'

const folder = resolve(import.meta.dirname, '../../fixtures/bad-input')
const LOADERS: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  matrix: (file) => loadMatrix(file, checkMatrix),
  lab: (file) => loadLab(file, ['hyper-v']),
  policy: loadPolicy,
  partners: loadPartners,
}
const files = globSync('{matrix,lab,policy,partners}/*.yaml', { cwd: folder }).sort()

describe('bad input', () => {
  it('there are at least 40 malformed files', () => expect(files.length).toBeGreaterThanOrEqual(40))

  it.each(files)('%s gives its error, and it is the user’s to fix', async (file) => {
    const path = join(folder, file)
    const error = await LOADERS[dirname(file)]!(path).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(AppError)
    const record = (error as AppError).toRecord()
    expect(record.fault).toBe('user')
    const lines = `${formatError(record, dirname(path)).join('\n')}\n`
    const expected = join(dirname(path), `${basename(file, '.yaml')}.expected.txt`)
    if (process.env['RINGZERO_UPDATE_EXPECTED'] !== undefined) writeFileSync(expected, lines)
    expect(lines).toBe(readFileSync(expected, 'utf8'))
  })
})
