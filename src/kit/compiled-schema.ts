/**
 * Zod schemas for values that come by the million. The schema stays the definition: what it is made of is turned into plain functions
 * once, and whatever these do not know or do not accept is given to the schema itself.
 */
import { z } from 'zod'

/** Says that the schema itself must be asked. */
const UNSURE = Symbol('unsure')
type Step = (value: unknown) => unknown

/** The same results as `schema.safeParse`, faster for values that are right. */
export function compileSchema<S extends z.ZodType>(
  schema: S,
): (value: unknown) => z.ZodSafeParseResult<z.output<S>> {
  const step = stepOf(schema, new Map())
  return (value) => {
    const parsed = step(value)
    return parsed === UNSURE ? schema.safeParse(value) : { success: true, data: parsed as z.output<S> }
  }
}

function stepOf(schema: z.core.$ZodType, known: Map<z.core.$ZodType, Step>): Step {
  const before = known.get(schema)
  if (before !== undefined) return before
  // A schema that contains itself finds this one while its own step is still made.
  let made: Step = () => UNSURE
  known.set(schema, (value) => made(value))
  made = makeStep(schema as z.core.$ZodTypes, known) ?? askSchema(schema)
  known.set(schema, made)
  return made
}

function askSchema(schema: z.core.$ZodType): Step {
  return (value) => {
    const parsed = z.safeParse(schema, value)
    return parsed.success ? parsed.data : UNSURE
  }
}

/** undefined for what is not known here. */
function makeStep(schema: z.core.$ZodTypes, known: Map<z.core.$ZodType, Step>): Step | undefined {
  const { def } = schema._zod
  const longest = longestOf(def)
  if (longest === undefined) return undefined
  switch (def.type) {
    case 'string':
      // Counted by code points in the schema, which are never more than these.
      return 'format' in def
        ? undefined
        : (value) => (typeof value === 'string' && value.length <= longest ? value : UNSURE)
    case 'number':
      if ('format' in def && def.format !== 'safeint') return undefined
      return 'format' in def
        ? (value) => (Number.isSafeInteger(value) ? value : UNSURE)
        : (value) => (Number.isFinite(value) ? value : UNSURE)
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : UNSURE)
    case 'null':
      return (value) => (value === null ? value : UNSURE)
    case 'literal':
      return oneOf(new Set<unknown>(def.values))
    case 'enum':
      return oneOf(new Set<unknown>(Object.values(def.entries)))
    case 'array':
      return arrayStep(stepOf(def.element, known), longest)
    case 'record':
      // With a closed set of keys the schema asks for each of them.
      return def.keyType._zod.values === undefined
        ? recordStep(stepOf(def.keyType, known), stepOf(def.valueType, known))
        : undefined
    case 'optional': {
      if (schema._zod.traits.has('$ZodExactOptional')) return undefined
      const inner = stepOf(def.innerType, known)
      return (value) => (value === undefined ? value : inner(value))
    }
    case 'default': {
      const inner = stepOf(def.innerType, known)
      // An object would be shared by all that it is the default of.
      const missing = typeof def.defaultValue === 'object' ? UNSURE : def.defaultValue
      return (value) => (value === undefined ? missing : inner(value))
    }
    case 'lazy':
      return stepOf(def.getter(), known)
    case 'union':
      return 'discriminator' in def
        ? choiceStep(def as z.core.$ZodDiscriminatedUnionDef, known)
        : firstOf(def.options.map((option) => stepOf(option, known)))
    case 'object':
      return def.catchall === undefined ? objectStep(def.shape, known) : undefined
    default:
      return undefined
  }
}

/** The bound of a length; Infinity without one, undefined where anything else is asked for. */
function longestOf(def: { readonly checks?: z.core.$ZodCheck[] | undefined }): number | undefined {
  let longest = Infinity
  for (const check of def.checks ?? []) {
    const asked = check._zod.def as z.core.$ZodCheckDef & { readonly maximum?: number }
    if (asked.check !== 'max_length' || asked.maximum === undefined) return undefined
    longest = Math.min(longest, asked.maximum)
  }
  return longest
}

function oneOf(values: ReadonlySet<unknown>): Step {
  return (value) => (values.has(value) ? value : UNSURE)
}

function firstOf(steps: readonly Step[]): Step {
  return (value) => {
    for (const step of steps) {
      const parsed = step(value)
      if (parsed !== UNSURE) return parsed
    }
    return UNSURE
  }
}

function arrayStep(element: Step, longest: number): Step {
  return (value) => {
    if (!Array.isArray(value) || value.length > longest) return UNSURE
    const parsed: unknown[] = []
    for (const entry of value) {
      const one = element(entry)
      if (one === UNSURE) return UNSURE
      parsed.push(one)
    }
    return parsed
  }
}

function recordStep(key: Step, entry: Step): Step {
  return (value) => {
    if (!isPlain(value)) return UNSURE
    const parsed: Record<string, unknown> = {}
    for (const name of Object.keys(value)) {
      const one = entry(value[name])
      if (one === UNSURE || name === '__proto__' || key(name) !== name) return UNSURE
      parsed[name] = one
    }
    return parsed
  }
}

function objectStep(
  shape: Readonly<Record<string, z.core.$ZodType>>,
  known: Map<z.core.$ZodType, Step>,
): Step {
  const members = Object.entries(shape).map(([name, member]) => ({
    name,
    step: stepOf(member, known),
    optional: member._zod.optin === 'optional' && member._zod.optout === 'optional',
  }))
  return (value) => {
    if (!isPlain(value)) return UNSURE
    const parsed: Record<string, unknown> = {}
    for (const { name, step, optional } of members) {
      const given = value[name]
      if (given === undefined && optional && !(name in value)) continue
      const one = step(given)
      if (one === UNSURE) return UNSURE
      parsed[name] = one
    }
    return parsed
  }
}

function choiceStep(
  def: z.core.$ZodDiscriminatedUnionDef,
  known: Map<z.core.$ZodType, Step>,
): Step | undefined {
  const options = new Map<unknown, Step>()
  for (const option of def.options) {
    const values = option._zod.propValues?.[def.discriminator]
    if (values === undefined) return undefined
    for (const value of values) options.set(value, stepOf(option, known))
  }
  return (value) => (isPlain(value) ? (options.get(value[def.discriminator])?.(value) ?? UNSURE) : UNSURE)
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const parent: unknown = Object.getPrototypeOf(value)
  return parent === Object.prototype || parent === null
}
