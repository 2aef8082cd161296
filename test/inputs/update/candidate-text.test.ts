import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { candidateText, openQuestions } from '../../../src/inputs/update/candidate-text.ts'
import type { CandidateKind, UpdateFacts } from '../../../src/inputs/update/update-facts.ts'
import { CandidateSchema } from '../../../src/model/candidate.ts'

const KINDS: readonly CandidateKind[] = ['driver', 'msi', 'exe', 'msu', 'cab', 'content', 'script']
const ENDINGS = {
  driver: '.inf',
  msi: '.msi',
  exe: '.exe',
  msu: '.msu',
  cab: '.cab',
  content: '.bin',
  script: '.ps1',
}
const sha256 = 'a'.repeat(64)

function facts(kind: CandidateKind, stem: string): UpdateFacts {
  return { folder: '/x', files: [{ path: `${stem}${ENDINGS[kind]}`, sha256 }], kinds: [kind], id: 'x' }
}

/** File names as people have them, and as nobody should. */
const stems = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 40 }),
    fc.constantFrom('- a', '1.0', 'null', 'a: b', '# x', "it's", '"', '{a}', '%&*!|>', 'ü', 'a\u2028b', '~'),
  )
  .filter((text) => !/[\\/\0]|^[A-Za-z]:|^\.\.?$/.test(text))

describe('candidate.yaml for an update', () => {
  it('keeps its schema and says the same names back, whatever files are called and people say', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...KINDS),
        stems,
        fc.option(fc.string({ minLength: 1, maxLength: 64 }), { nil: undefined }),
        fc.option(fc.array(fc.string({ maxLength: 40 }), { maxLength: 4 }), { nil: undefined }),
        fc.option(fc.constantFrom('C:\\A b', 'C:/x/'), { nil: undefined }),
        (kind, stem, release, words, place) => {
          const given = facts(kind, stem)
          const text = candidateText(
            given,
            { kind, os: 'windows', release, arguments: words, verify: place, uninstall: place, to: place },
            '../s.json',
          )
          const read = CandidateSchema.parse(parse(text))
          expect([read.kind, read.release, read.files]).toEqual([kind, release ?? 'TODO', given.files])
          const said = read.recipes?.windows?.install?.run?.[0]?.arguments
          expect(said).toEqual(kind === 'exe' ? words : undefined)
        },
      ),
    )
  })

  it('says what is open with its line, and nothing of what was said', () => {
    const text = candidateText(
      facts('exe', 'setup'),
      { kind: 'exe', os: 'windows', arguments: ['/S'] },
      's.json',
    )
    const open = openQuestions(text)
    expect(open.map(({ question }) => question)).toEqual([
      'the version of this update',
      'what proves that it is installed: a file of the guest, a service, a program that ends with 0',
      'the command that takes it out again',
    ])
    for (const { line } of open) expect(text.split('\n')[line - 1]).toContain('# TODO: ')
  })

  it.each(KINDS)('of kind %s is complete YAML once the comments below its TODO are taken off', (kind) => {
    const text = candidateText(facts(kind, 'a'), { kind, os: 'windows' }, 's.json')
    const start = text.search(/^(# )?recipes:/m)
    const filled =
      start === -1 ? text : text.slice(0, start) + text.slice(start).replaceAll(/^(\s*)# (?!TODO)/gm, '$1')
    expect(CandidateSchema.safeParse(parse(filled.replaceAll('…', 'x'))).error).toBeUndefined()
  })
})
