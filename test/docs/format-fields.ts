/** The fields of a file format as rows, read from its JSON Schema. */
import { canonicalJson } from '../../src/kit/hash.ts'

export interface FieldRow {
  /** `axes.NAME.values[].id` */
  readonly path: string
  readonly type: string
  readonly required: boolean
  readonly description: string
}

type Schema = Readonly<Record<string, unknown>>

interface Walk {
  readonly root: Schema
  /** Canonical text of a larger object → the path under which its fields are listed. */
  readonly listed: Map<string, string>
  readonly rows: FieldRow[]
}

/** So many fields are not listed twice. */
const LARGE = 3

/** All fields in the order of the schema. Objects that occur again refer to their first place. */
export function formatFields(schema: Schema): readonly FieldRow[] {
  const walk: Walk = { root: schema, listed: new Map(), rows: [] }
  visitInside(schema, '', walk)
  return walk.rows
}

function visitInside(schema: Schema, path: string, walk: Walk): void {
  const required = new Set((schema['required'] ?? []) as readonly string[])
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`)
  for (const [name, field] of Object.entries((schema['properties'] ?? {}) as Record<string, Schema>))
    visit(field, at(name), required.has(name), walk)
  const rest = schema['additionalProperties']
  if (typeof rest === 'object' && rest !== null && Object.keys(rest).length > 0)
    visit(rest as Schema, at('NAME'), false, walk)
}

function visit(given: Schema, path: string, required: boolean, walk: Walk): void {
  const schema = follow(given, walk.root)
  const earlier = schema === undefined ? undefined : listedAt(schema, path, walk)
  walk.rows.push({
    path,
    type: schema === undefined ? 'any' : typeOf(schema, walk.root),
    required,
    description: [given['description'], schema === undefined ? undefined : limitsOf(schema), earlier]
      .filter((text) => typeof text === 'string' && text !== '')
      .join('; '),
  })
  if (schema === undefined || earlier !== undefined) return
  for (const inner of innerOf(schema, walk.root)) visitInside(inner.schema, `${path}${inner.suffix}`, walk)
}

/** `as PATH` where an object of the same fields stands further up; the first place is remembered. */
function listedAt(schema: Schema, path: string, walk: Walk): string | undefined {
  const inner = innerOf(schema, walk.root)
  const fields = inner.reduce((sum, part) => sum + Object.keys(part.schema['properties'] ?? {}).length, 0)
  if (fields < LARGE) return undefined
  const key = canonicalJson(inner.map((part) => part.schema))
  const earlier = walk.listed.get(key)
  if (earlier === undefined) walk.listed.set(key, path)
  return earlier === undefined ? undefined : `fields as under \`${earlier}\``
}

/** The objects whose fields lie below a value: its own, those of a list's items, those of each alternative. */
function innerOf(
  schema: Schema,
  root: Schema,
): readonly { readonly suffix: string; readonly schema: Schema }[] {
  if (schema['type'] === 'array') {
    const items = follow((schema['items'] ?? {}) as Schema, root)
    return items === undefined
      ? []
      : innerOf(items, root).map((inner) => ({ ...inner, suffix: `[]${inner.suffix}` }))
  }
  if (alternatives(schema).length > 0)
    return alternatives(schema).flatMap((other) => {
      const followed = follow(other, root)
      return followed === undefined ? [] : innerOf(followed, root)
    })
  return schema['type'] === 'object' ? [{ suffix: '', schema }] : []
}

function alternatives(schema: Schema): readonly Schema[] {
  return (schema['anyOf'] ?? schema['oneOf'] ?? []) as readonly Schema[]
}

/** What a reference points at; undefined for one that contains itself, which is any JSON. */
function follow(schema: Schema, root: Schema): Schema | undefined {
  const ref = schema['$ref']
  if (typeof ref !== 'string') return schema
  const name = ref.replace('#/$defs/', '')
  const found = ((root['$defs'] ?? {}) as Record<string, Schema>)[name]
  return found === undefined || canonicalJson(found).includes(`"${ref}"`) ? undefined : follow(found, root)
}

function typeOf(schema: Schema, root: Schema): string {
  if (schema['const'] !== undefined) return `\`${JSON.stringify(schema['const'])}\``
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => `\`${String(value)}\``).join(', ')
  const others = alternatives(schema)
  if (others.length > 0) return [...new Set(others.map((other) => nameOf(other, root)))].join(' or ')
  if (schema['type'] === 'array') return `list of ${nameOf((schema['items'] ?? {}) as Schema, root)}`
  if (schema['type'] === 'object' && schema['properties'] === undefined) return 'map'
  return typeof schema['type'] === 'string' ? schema['type'] : 'any'
}

function nameOf(schema: Schema, root: Schema): string {
  const followed = follow(schema, root)
  return followed === undefined ? 'any' : typeOf(followed, root)
}

function limitsOf(schema: Schema): string {
  const bound = (name: string, text: string): readonly string[] => {
    const value = schema[name]
    return typeof value !== 'number' || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? [] : [`${text} ${value}`]
  }
  return [
    ...(schema['default'] === undefined ? [] : [`default \`${JSON.stringify(schema['default'])}\``]),
    ...bound('minimum', 'at least'),
    ...bound('exclusiveMinimum', 'more than'),
    ...bound('maximum', 'at most'),
    ...bound('minItems', 'entries: at least'),
    ...bound('maxItems', 'entries: at most'),
  ].join('; ')
}
