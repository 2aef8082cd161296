/** Turns zod's issues into sentences with a fix: the nearest valid spelling, the allowed values, the expected form. */
import type { z } from 'zod'
import { oneLine } from '../kit/text.ts'
import { nearestWord } from '../kit/nearest-word.ts'

export interface DescribedIssue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly hint?: string
  /** Points at the key, not at its value. */
  readonly atKey: boolean
}

type Issue = z.core.$ZodIssue

/** All issues of one parse, flattened: an unknown key is one issue each, a union reports its closest member. */
export function describeIssues(
  schema: z.ZodType,
  issues: readonly Issue[],
  input: unknown,
): DescribedIssue[] {
  return issues.flatMap((issue) => describeIssue(schema, issue, input))
}

function describeIssue(schema: z.ZodType, issue: Issue, input: unknown): DescribedIssue[] {
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys(schema, issue.path)
      return issue.keys.flatMap((key) => describeUnknownKey(schema, [...issue.path, key], known, input))
    }
    case 'invalid_union':
      return describeUnion(schema, issue, input)
    case 'invalid_value': {
      if (valueAt(input, issue.path) === undefined)
        return [missingField(issue.path, issue.values.map(String).join(' or '))]
      const allowed = issue.values.map(String)
      const seen = show(valueAt(input, issue.path))
      const near = allowed.length === 1 ? undefined : nearestWord(String(valueAt(input, issue.path)), allowed)
      const listed =
        allowed.length === 1 ? `write ${allowed[0]}` : `use one of: ${allowed.slice(0, 20).join(', ')}`
      return [
        {
          path: issue.path,
          atKey: false,
          message: `${seen} is not allowed here`,
          hint: near === undefined ? listed : `did you mean "${near}"? (${allowed.join(', ')})`,
        },
      ]
    }
    case 'invalid_key':
      return [
        {
          path: issue.path,
          atKey: true,
          message: `the name "${oneLine(String(issue.path.at(-1)), 80)}" is not allowed`,
          hint: issue.issues[0]?.message ?? 'choose another name',
        },
      ]
    case 'invalid_type':
      return [describeType(issue, input)]
    case 'too_small':
    case 'too_big':
      return [
        {
          path: issue.path,
          atKey: false,
          message: `${show(valueAt(input, issue.path))} does not fit`,
          hint: sizeHint(issue),
        },
      ]
    default:
      return [
        {
          path: issue.path,
          atKey: false,
          message: `${show(valueAt(input, issue.path))} does not fit`,
          hint: lowerFirst(issue.message),
        },
      ]
  }
}

function describeType(issue: Extract<Issue, { code: 'invalid_type' }>, input: unknown): DescribedIssue {
  const value = valueAt(input, issue.path)
  const expected = TYPE_WORDS[issue.expected] ?? issue.expected
  if (issue.path.length === 0 && (value === undefined || value === null)) {
    return { path: [], atKey: false, message: 'the file is empty', hint: 'see its schema: ringzero schema' }
  }
  if (value === undefined) return missingField(issue.path, expected)
  return {
    path: issue.path,
    atKey: false,
    message: `${show(value)} is not ${expected}`,
    hint: `write ${expected}`,
  }
}

function missingField(path: readonly PropertyKey[], expected: string): DescribedIssue {
  return {
    path,
    atKey: false,
    message: `"${String(path.at(-1))}" is missing`,
    hint: `add it; it takes ${expected}`,
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of fields',
  record: 'a group of fields',
}

/** A union fails with the issues of each member: the member that got furthest tells what the writer meant. */
function describeUnion(
  schema: z.ZodType,
  issue: Extract<Issue, { code: 'invalid_union' }>,
  input: unknown,
): DescribedIssue[] {
  if (issue.errors.length === 0) {
    return [
      {
        path: issue.path,
        atKey: false,
        message: `${show(valueAt(input, issue.path))} fits none of the allowed forms`,
        hint: 'see the schema of this file',
      },
    ]
  }
  const scored = issue.errors.map((member) => ({
    member,
    // A wrong type at the top means "not this form at all"; a deep problem means "this form, with a mistake".
    score: member.reduce(
      (sum, one) =>
        sum +
        (one.path.length === 0 && one.code === 'invalid_type'
          ? 100
          : one.code === 'unrecognized_keys'
            ? one.keys.length * 2
            : 1),
      0,
    ),
  }))
  const best = scored.toSorted((a, b) => a.score - b.score)[0]
  if (best === undefined || best.score >= 100) {
    const forms = issue.errors.flatMap((member) =>
      member.map((one) =>
        one.code === 'invalid_type' ? (TYPE_WORDS[one.expected] ?? one.expected) : one.message,
      ),
    )
    return [
      {
        path: issue.path,
        atKey: false,
        message: `${show(valueAt(input, issue.path))} is not allowed here`,
        hint: `write ${[...new Set(forms)].join(', or ')}`,
      },
    ]
  }
  return best.member.flatMap((one) =>
    describeIssue(schema, { ...one, path: [...issue.path, ...one.path] }, input),
  )
}

/** A field that another form of a union knows is not unknown: then its value is what does not fit. */
function describeUnknownKey(
  schema: z.ZodType,
  path: readonly PropertyKey[],
  known: readonly string[],
  input: unknown,
): DescribedIssue[] {
  const key = String(path.at(-1))
  if (!known.includes(key)) {
    return [
      { path, atKey: true, message: `unknown field "${oneLine(key, 80)}"`, hint: unknownKeyHint(key, known) },
    ]
  }
  const inner = schemasAt(schema, path).flatMap((node) => {
    const parsed = (node as unknown as z.ZodType).safeParse(valueAt(input, path))
    return parsed.success ? [] : parsed.error.issues
  })
  if (inner.length > 0)
    return inner.flatMap((issue) =>
      describeIssue(schema, { ...issue, path: [...path, ...issue.path] }, input),
    )
  return [
    {
      path,
      atKey: true,
      message: `"${oneLine(key, 80)}" cannot stand beside the other fields here`,
      hint: 'use one form or the other',
    },
  ]
}

function unknownKeyHint(key: string, known: readonly string[]): string {
  const near = nearestWord(key, known)
  if (near !== undefined) return `did you mean "${near}"?`
  return known.length === 0 ? 'remove it' : `remove it, or use one of: ${known.join(', ')}`
}

interface SchemaNode {
  readonly def: {
    readonly type: string
    readonly shape?: Record<string, SchemaWithInternals>
    readonly element?: SchemaWithInternals
    readonly valueType?: SchemaWithInternals
    readonly innerType?: SchemaWithInternals
    readonly in?: SchemaWithInternals
    readonly options?: readonly SchemaWithInternals[]
  }
}
interface SchemaWithInternals {
  readonly _zod: SchemaNode
}

/** Field names that the schema knows at a path; the union of all members where it branches. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  return [...new Set(schemasAt(schema, path).flatMap((node) => Object.keys(node._zod.def.shape ?? {})))]
}

function schemasAt(schema: z.ZodType, path: readonly PropertyKey[]): SchemaWithInternals[] {
  let nodes = unwrap(schema)
  for (const step of path) {
    nodes = nodes.flatMap((node) => {
      const { def } = node._zod
      const child = def.shape?.[String(step)] ?? def.element ?? def.valueType
      return child === undefined ? [] : unwrap(child)
    })
  }
  return nodes
}

function unwrap(node: SchemaWithInternals): SchemaWithInternals[] {
  const { def } = node._zod
  if (def.innerType !== undefined) return unwrap(def.innerType)
  if (def.type === 'pipe' && def.in !== undefined) return unwrap(def.in)
  if (def.options !== undefined) return def.options.flatMap(unwrap)
  return [node]
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const step of path) {
    if (value === null || typeof value !== 'object') return undefined
    value = (value as Record<PropertyKey, unknown>)[step]
  }
  return value
}

function show(value: unknown): string {
  if (typeof value === 'string') return `"${oneLine(value, 80)}"`
  if (value === null) return 'an empty value'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a group of fields'
  return JSON.stringify(value) ?? 'nothing'
}

function sizeHint(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  if (issue.code === 'too_small' && issue.origin === 'array' && Number(issue.minimum) === 1)
    return 'add at least one entry'
  const limit = String(issue.code === 'too_small' ? issue.minimum : issue.maximum)
  const bound =
    issue.code === 'too_small'
      ? issue.inclusive === false
        ? 'more than'
        : 'at least'
      : issue.inclusive === false
        ? 'less than'
        : 'at most'
  const unit = issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' entries' : ''
  return unit === '' ? `use ${bound} ${limit}` : `give it ${bound} ${limit}${unit}`
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
