/** Every code that the sources can throw is described, and nothing else is. */
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../../src/cli/error-codes.ts'
import { explainCode } from '../../src/cli/explain-code.ts'
import { faultOfCode } from '../../src/cli/fault-of-code.ts'
import { tooOldNode } from '../../src/cli/node-version.ts'
import { SymptomClassSchema } from '../../src/model/symptom.ts'
import { findThrownCodes } from '../support/thrown-codes.ts'

const root = resolve(import.meta.dirname, '../..')
const src = join(root, 'src')
const CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/

const found = findThrownCodes(root)
/** The first check of all, before there is an error to throw. */
const thrown = new Set([...found.codes, 'NODE_TOO_OLD'])
/** Scripts of a Hyper-V host throw ids that become codes (host-scripts.ts); those of the link into a guest are told otherwise. */
for (const file of globSync('**/*.{ps1,psm1}', { cwd: src }))
  for (const [id] of readFileSync(join(src, file), 'utf8').matchAll(/\bRZ_(?!LINK_)[A-Z_]+/g))
    thrown.add(id.replace('RZ_', 'HOST_'))

describe('the codes of errors', () => {
  it('are words of the source wherever an error gets one, but for the ids of scripts', () => {
    expect(found.unknown).toEqual([
      `${join('plugins', 'providers', 'hyper-v', 'host-scripts.ts')}: id.replace('RZ_', 'HOST_')`,
    ])
    expect(tooOldNode('20.0.0')).toContain('[NODE_TOO_OLD]')
    for (const code of ['USAGE', 'INTERRUPTED', 'HOST_START', 'HOST_DISK_CORRUPT', 'HOST_NOT_RESTORED'])
      expect(thrown).toContain(code)
  })

  it('would be found: one that nobody describes, one behind a function, one that is made of other text', () => {
    const file = join(src, 'app/refuse-merge.ts')
    const planted = `${readFileSync(file, 'utf8')}
export function planted(error: Error, late: boolean): AppError {
  const code = late ? 'PLANTED_LATE' : 'PLANTED_EARLY'
  if (error.message === '') return new AppError(error.name.toUpperCase(), 'user', '')
  return late ? new AppError(code, 'user', '') : refusal('PLANTED_BEHIND', '', '')
}
`
    const other = findThrownCodes(root, new Map([[file, planted]]))
    expect([...other.codes].filter((code) => !found.codes.has(code)).toSorted()).toEqual([
      'PLANTED_BEHIND',
      'PLANTED_EARLY',
      'PLANTED_LATE',
    ])
    expect(other.unknown.filter((place) => !found.unknown.includes(place))).toEqual([
      `${join('app', 'refuse-merge.ts')}: error.name.toUpperCase()`,
    ])
  })

  it('are all described', () => {
    expect([...thrown].filter((code) => !ERROR_CODES.has(code)).toSorted()).toEqual([])
  })

  it('that are described can all be thrown', () => {
    expect([...ERROR_CODES.keys()].filter((code) => !thrown.has(code)).toSorted()).toEqual([])
  })

  it('are each described once', () => {
    const texts = globSync('cli/*error-codes.ts', { cwd: src }).map((file) =>
      readFileSync(join(src, file), 'utf8'),
    )
    const keys = texts.flatMap((text) =>
      [...text.matchAll(/^ {2,4}([A-Z][A-Z0-9_]+): /gm)].map(([, code]) => code),
    )
    expect(keys.length).toBe(ERROR_CODES.size)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('tell the fault with which they are thrown', () => {
    const others = globSync('**/*.{ts,tsx}', { cwd: src })
      .flatMap((file) => [
        ...readFileSync(join(src, file), 'utf8').matchAll(
          /new (?:AppError|LimitExceeded)\(\s*'([^']+)',\s*'(user|host|plugin|tool|cancelled)'/g,
        ),
      ])
      .filter(([, code = '', fault]) => faultOfCode(code) !== fault)
      .map(([, code, fault]) => `${code} ${fault}`)
    // Thrown with two faults: what the user named, and what was found.
    expect([...new Set(others)].toSorted()).toEqual(['GUEST_FILE_MISSING tool', 'HOST_IMAGE user'])
  })

  it.each([...ERROR_CODES.keys()])(
    '%s is told in lines of 80 columns: what, whose fault, what to do',
    (code) => {
      const { lines } = explainCode(code, 80)
      expect(lines.filter((line) => line.length > 80 || line.includes('…'))).toEqual([])
      const text = lines.join('\n')
      expect(text).toMatch(new RegExp(`^${code}: \\S[^]*\n  fault: \\S[^]*\n  fix: \\S`))
      const { means, fix } = ERROR_CODES.get(code) ?? { means: '', fix: '' }
      expect(text.replaceAll(/\s+/g, ' ')).toContain(means)
      expect(text.replaceAll(/\s+/g, ' ')).toContain(fix)
    },
  )

  it.each([...ERROR_CODES])('%s says what it means in sentences, and what to do', (code, { means, fix }) => {
    expect(code).toMatch(CODE)
    expect(means).toMatch(/^\S.*\.$/)
    expect(fix).toMatch(/^[a-z`].*[^.]$/)
  })
})

describe('the classes of symptoms', () => {
  it.each(SymptomClassSchema.options)('%s is explained in one sentence', (name) => {
    expect(explainCode(name, 400).lines).toEqual([expect.stringMatching(new RegExp(`^${name}: \\S.*[^.]$`))])
    expect(explainCode(name, 80).lines.filter((line) => line.length > 80)).toEqual([])
  })
})
