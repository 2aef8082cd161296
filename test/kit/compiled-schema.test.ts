import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { compileSchema } from '../../src/kit/compiled-schema.ts'
import { RunEventSchema } from '../../src/model/event.ts'
import { ObservationSchema } from '../../src/model/observation.ts'

const every = z.object({
  kind: z.literal(['a', 'b']),
  text: z.string().max(3),
  count: z.int().default(7),
  value: z.number(),
  list: z.array(z.enum(['x', 'y'])).max(2),
  items: z.record(z.string().max(4), z.json()),
  maybe: z.boolean().optional(),
  exact: z.string().exactOptional(),
  strict: z.strictObject({ a: z.null() }).optional(),
  upper: z
    .string()
    .transform((text) => text.toUpperCase())
    .optional(),
  choice: z.discriminatedUnion('of', [
    z.object({ of: z.literal('one'), n: z.int() }),
    z.object({ of: z.literal('two') }),
  ]),
})

/** Near misses: each member is right most of the time. */
const near = fc.record(
  {
    kind: fc.constantFrom('a', 'b', 'c'),
    text: fc.oneof(fc.string({ maxLength: 4, unit: 'grapheme' }), fc.constant(3)),
    count: fc.constantFrom(1, 1.5, undefined, -0, 2 ** 60),
    value: fc.oneof(fc.double(), fc.constant(Infinity)),
    list: fc.array(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 }),
    items: fc.dictionary(
      fc.string({ maxLength: 5 }),
      fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, new Date(0))),
    ),
    maybe: fc.constantFrom(true, undefined, null),
    exact: fc.constantFrom('a', undefined),
    strict: fc.constantFrom({ a: null }, { a: null, b: 1 }, undefined),
    upper: fc.constantFrom('abc', 1),
    choice: fc.constantFrom(
      { of: 'one', n: 1 },
      { of: 'one' },
      { of: 'two', n: 1 },
      { of: 'three' },
      [],
      null,
    ),
    unknown: fc.anything(),
  },
  { requiredKeys: [] },
)

describe.each([{ keep: false }, { keep: true }])('compileSchema with %o', (options) => {
  it.each([
    ['a right value', { kind: 'a', text: '', value: 0, list: [], items: {}, choice: { of: 'two' } }],
    ['a key that is a trap', JSON.parse('{"items":{"__proto__":{"a":1}}}')],
    ['an object of a class', new Map()],
    ['nothing', undefined],
  ])('says of %s what the schema says', (_, value) => {
    expect(told(compileSchema(every, options)(value))).toEqual(told(every.safeParse(value)))
  })

  it('asks for every key of a closed set, as the schema does', () => {
    const closed = z.object({ sides: z.record(z.enum(['left', 'right']), z.int()) })
    for (const sides of [{ left: 1, right: 2 }, { left: 1 }, { left: 1, right: 2, up: 3 }])
      expect(told(compileSchema(closed, options)({ sides }))).toEqual(told(closed.safeParse({ sides })))
  })

  it('says of near misses what the schema says', () => {
    const compiled = compileSchema(every, options)
    fc.assert(
      fc.property(near, (value) => {
        expect(told(compiled(value))).toStrictEqual(told(every.safeParse(value)))
      }),
    )
  })

  it('gives what the schema gives for right values', () => {
    const right = fc.record(
      {
        kind: fc.constantFrom('a', 'b'),
        text: fc.string({ maxLength: 3, unit: 'grapheme' }),
        count: fc.integer(),
        value: fc.double({ noNaN: true, noDefaultInfinity: true }),
        list: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
        items: fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue()),
        maybe: fc.constantFrom(true, undefined),
        exact: fc.constant('a'),
        strict: fc.constantFrom({ a: null }, undefined),
        upper: fc.constantFrom('abc', undefined),
        choice: fc.constantFrom({ of: 'one', n: 1 }, { of: 'two', n: 1 }),
        unknown: fc.anything(),
      },
      { requiredKeys: ['kind', 'text', 'value', 'list', 'items', 'choice'] },
    )
    const compiled = compileSchema(every, options)
    fc.assert(
      fc.property(right, (value) => {
        expect(compiled(value)).toStrictEqual(every.safeParse(value))
      }),
    )
  })
})

describe('compileSchema', () => {
  it('hands out a copy: who gave the value may go on changing it', () => {
    const value = { at: 0, phase: 'check', source: 's', evidence: ['e'], fact: inventory() }
    const parsed = compileSchema(ObservationSchema)(value)
    value.evidence.push('more')
    value.fact.items['a'] = 'changed'
    expect(parsed.data).toMatchObject({ evidence: ['e'], fact: { items: { a: [1] } } })
  })

  it('copies nothing that is right where nobody else holds the value, and of a value with a wrong key that one alone', () => {
    const keeping = compileSchema(ObservationSchema, { keep: true })
    const right = { at: 0, phase: 'check', source: 's', evidence: ['e'], fact: inventory() }
    expect(keeping(right).data).toBe(right)
    const { data } = keeping({ ...right, foreign: 1 })
    expect(data).toStrictEqual(right)
    expect(data?.fact).toBe(right.fact)
  })

  it('keeps no key that an event does not have', () => {
    const event = { type: 'run-closed', at: 1, foreign: true }
    expect(compileSchema(RunEventSchema)(event)).toEqual({
      success: true,
      data: { type: 'run-closed', at: 1 },
    })
  })
})

function inventory(): {
  kind: string
  subject: string
  moment: string
  cut: number
  items: Record<string, unknown>
} {
  return { kind: 'inventory', subject: 'services', moment: 'baseline', cut: 0, items: { a: [1] } }
}

/** Issues as data. */
function told({ data, error }: z.ZodSafeParseResult<unknown>): unknown {
  return { data, issues: error?.issues }
}
