/** Every code that the sources can throw is described, and nothing else is. */
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../../src/cli/error-codes.ts'
import { explainCode } from '../../src/cli/explain-code.ts'
import { faultOfCode } from '../../src/cli/fault-of-code.ts'
import { SymptomClassSchema } from '../../src/model/symptom.ts'

const src = resolve(import.meta.dirname, '../../src')
const CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/
/** First words of codes, whoever passes them on before they are thrown. */
const FAMILIES =
  /^(?:AFTER|BUG|CANDIDATE|CELL|CONSTRAINTS|DATABASE|EVIDENCE|GUEST|HISTORY|HOST|INPUT|INSTALLER|JOURNAL|LAB|MACHINE|MATRIX|MERGE|NAME|NETWORK|NODE|OFFLINE|OUTPUT|PLAN|PLUGIN|PROBE|PRODUCT|PROFILE|PROVIDER|RECIPE|REPORT|REPORTER|RUN|SECRET|SHARD|UNDO|WORKER)_/
/** Words of the same look that are no codes: events of QEMU, a setting of node-powershell, a variable of Jenkins. */
const NO_CODES = new Set(['GUEST_PANICKED', 'GUEST_CRASHLOADED', 'NODE_POWERSHELL', 'NODE_NAME'])

function literals(text: string): string[] {
  return [...text.matchAll(/'([A-Z][A-Z0-9_]*[A-Z0-9])'/g)].map(([, word]) => word ?? '')
}

/** Codes at their place in an error, in whatever family, and every word of a known family. */
function codesOf(text: string): string[] {
  const atTheirPlace = [
    ...text.matchAll(/new (?:AppError|LimitExceeded)\(\s*'([^']+)'/g),
    ...text.matchAll(/\bcode(?:: |\s*=\s*|\s*\?\?\s*)'([A-Z][A-Z0-9_]*)'/g),
  ].map(([, code]) => code ?? '')
  return [...atTheirPlace, ...literals(text).filter((word) => FAMILIES.test(word) && !NO_CODES.has(word))]
}

const thrown = new Set(
  globSync('**/*.{ts,tsx}', { cwd: src })
    .filter((file) => file !== join('cli', 'error-codes.ts'))
    .flatMap((file) => codesOf(readFileSync(join(src, file), 'utf8'))),
)
/** Scripts of a Hyper-V host throw ids that become codes (host-scripts.ts); those of the link into a guest are told otherwise. */
for (const file of globSync('**/*.{ps1,psm1}', { cwd: src }))
  for (const [id] of readFileSync(join(src, file), 'utf8').matchAll(/\bRZ_(?!LINK_)[A-Z_]+/g))
    thrown.add(id.replace('RZ_', 'HOST_'))

describe('the codes of errors', () => {
  it('are found where they are thrown', () => {
    expect(thrown.size).toBeGreaterThan(110)
    for (const code of [
      'USAGE',
      'INTERRUPTED',
      'HOST_START',
      'HOST_DISK_CORRUPT',
      'HOST_NOT_RESTORED',
      'MATRIX_TOO_LARGE',
    ])
      expect(thrown).toContain(code)
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
