import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRules } from '../../../src/plan/constraints/parse-rules.ts'
import { printRule } from '../../../src/plan/constraints/print-rule.ts'
import type { Predicate, Relation, Rule } from '../../../src/plan/constraints/rule.ts'

const at = { line: 1, column: 1 }
const reference = fc
  .string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
  .map((text) => text.trim())
  .filter((text) => text !== '')
  .map((name) => ({ kind: 'reference' as const, name, at }))
const literal = fc
  .oneof(
    fc.string({ maxLength: 12, unit: 'grapheme' }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  )
  .map((value) => ({ kind: 'literal' as const, value: Object.is(value, -0) ? 0 : value, at }))
const relation = fc.constantFrom<Relation>('=', '<>', '<', '<=', '>', '>=')
const { predicate } = fc.letrec<{ predicate: Predicate }>((tie) => ({
  predicate: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'predicate' },
    fc.record({
      kind: fc.constant('compare' as const),
      left: reference,
      relation,
      right: fc.oneof(literal, reference),
    }),
    fc.record({ kind: fc.constant('like' as const), left: reference, pattern: fc.string() }),
    fc.record({
      kind: fc.constant('in' as const),
      left: reference,
      values: fc.array(literal, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant('sign' as const), left: reference, negative: fc.boolean() }),
    fc.record({ kind: fc.constant('not' as const), term: tie('predicate') }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      terms: fc.array(tie('predicate'), { minLength: 2, maxLength: 3 }),
    }),
  ),
}))
const rule: fc.Arbitrary<Rule> = fc.oneof(
  fc.record({ consequence: predicate }),
  fc.record({ condition: predicate, consequence: predicate }),
  fc.record({ condition: predicate, consequence: predicate, otherwise: predicate }),
)

/** The tree without positions. */
function bare(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === 'at' ? undefined : inner)))
}

describe('constraint text', () => {
  test('reads back as the tree that it was printed from', () => {
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 3 }), (rules) => {
        const parsed = parseRules(rules.map(printRule).join('\n'))
        expect(parsed.problem).toBeUndefined()
        expect(bare(parsed.rules)).toEqual(bare(rules))
      }),
    )
  })

  test('binds NOT before AND before OR, as PICT does', () => {
    const text = (source: string) => parseRules(source).rules!.map(printRule).join(' ')
    expect(text('not [a] = 1 and [b] = 2 or [c] = 3')).toBe('(NOT [a] = 1 AND [b] = 2) OR [c] = 3;')
    expect(text('[x] NOT IN {1, "two"};')).toBe('NOT [x] IN {1, "two"};')
  })

  test('takes comments, line breaks and any case of the words', () => {
    const { rules } = parseRules('# first\nif [os] like "win*" # why\n then [fs] <> "ext4";\n[a] >= [b];')
    expect(rules).toHaveLength(2)
  })

  test.each([
    ['IF [a] = 1', 1, 11, 'THEN'],
    ['IF [a] = 1 THEN\n  [b] ~ 2', 2, 7, '"~"'],
    ['[a] = "open', 1, 7, 'never closed'],
    ['[a', 1, 1, 'never closed'],
    ['[] = 1', 1, 1, 'no parameter name'],
    ['[a] IN {1, }', 1, 12, 'expected a value'],
    ['[a] = 1 [b] = 2', 1, 9, '";"'],
    ['', 1, 1, 'expected a parameter'],
    ['('.repeat(3000), 1, 201, 'too deeply'],
  ])('says where %j goes wrong', (text, line, column, message) => {
    const { problem } = parseRules(text)
    expect(problem).toMatchObject({ line, column })
    expect(problem?.message).toContain(message)
  })

  test('never crashes or hangs on hostile text, and every error has a place inside the text', () => {
    const fragment = fc.constantFrom(
      'IF ',
      'THEN ',
      'ELSE ',
      'AND ',
      'OR ',
      'NOT ',
      '[a]',
      '[',
      ']',
      '"',
      '"x"',
      '{',
      '}',
      '(',
      ')',
      ',',
      ';',
      '=',
      '<>',
      '1',
      '-',
      '.5e',
      '\\',
      '#',
      '\n',
      '\u0000',
      '😀',
      'IN ',
      'LIKE ',
    )
    const hostile = fc.oneof(
      fc.array(fragment, { maxLength: 60 }).map((parts) => parts.join('')),
      fc.string({ maxLength: 200, unit: 'binary' }),
    )
    fc.assert(
      fc.property(hostile, (text) => {
        const { rules, problem } = parseRules(text)
        const { line, column } = problem ?? { line: 1, column: 1 }
        const lines = text.split('\n')
        expect(line).toBeGreaterThanOrEqual(1)
        expect(line).toBeLessThanOrEqual(lines.length)
        expect(column).toBeGreaterThanOrEqual(1)
        expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1)
        const again = rules === undefined ? undefined : parseRules(rules.map(printRule).join(''))
        expect(again?.problem).toBeUndefined()
      }),
      { numRuns: 3000 },
    )
  })
})
