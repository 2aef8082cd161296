/**
 * Zod schemas for values that come by the million. The schema stays the definition: what it is made of is turned into plain functions
 * once, and whatever these do not know or do not accept is given to the schema itself.
 */
import { z } from 'zod'

/** Says that the schema itself must be asked. */
const UNSURE = Symbol('unsure')
type Step = (value: unknown) => unknown

export interface CompileOptions {
  /** Values in which nothing is to be changed come back as they are, not as a copy: for those that nobody else holds. Default false. */
  readonly keep?: boolean
}

interface Compiling {
  readonly known: Map<z.core.$ZodType, Step>
  readonly keep: boolean
}

/** The same results as `schema.safeParse`, faster for values that are right. */
export function compileSchema<S extends z.ZodType>(
  schema: S,
  { keep = false }: CompileOptions = {},
): (value: unknown) => z.ZodSafeParseResult<z.output<S>> {
  const step = stepOf(schema, { known: new Map(), keep })
  return (value) => {
    const parsed = step(value)
    return parsed === UNSURE ? schema.safeParse(value) : { success: true, data: parsed as z.output<S> }
  }
}

function stepOf(schema: z.core.$ZodType, compiling: Compiling): Step {
  const { known } = compiling
  const before = known.get(schema)
  if (before !== undefined) return before
  // A schema that contains itself finds this one while its own step is still made.
  let made: Step = () => UNSURE
  known.set(schema, (value) => made(value))
  made = makeStep(schema as z.core.$ZodTypes, compiling) ?? askSchema(schema)
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
function makeStep(schema: z.core.$ZodTypes, compiling: Compiling): Step | undefined {
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
      return arrayStep(stepOf(def.element, compiling), longest, compiling.keep)
    case 'record':
      // With a closed set of keys the schema asks for each of them.
      return def.keyType._zod.values === undefined
        ? recordStep(stepOf(def.keyType, compiling), stepOf(def.valueType, compiling), compiling.keep)
        : undefined
    case 'optional': {
      if (schema._zod.traits.has('$ZodExactOptional')) return undefined
      const inner = stepOf(def.innerType, compiling)
      return (value) => (value === undefined ? value : inner(value))
    }
    case 'default': {
      const inner = stepOf(def.innerType, compiling)
      // An object would be shared by all that it is the default of.
      const missing = typeof def.defaultValue === 'object' ? UNSURE : def.defaultValue
      return (value) => (value === undefined ? missing : inner(value))
    }
    case 'lazy':
      return stepOf(def.getter(), compiling)
    case 'union':
      return 'discriminator' in def
        ? choiceStep(def as z.core.$ZodDiscriminatedUnionDef, compiling)
        : firstOf(def.options.map((option) => stepOf(option, compiling)))
    case 'object':
      return def.catchall === undefined ? objectStep(def.shape, compiling) : undefined
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

function arrayStep(element: Step, longest: number, keep: boolean): Step {
  return (value) => {
    if (!Array.isArray(value) || value.length > longest) return UNSURE
    let parsed: unknown[] | undefined = keep ? undefined : []
    for (let at = 0; at < value.length; at += 1) {
      const one = element(value[at])
      if (one === UNSURE) return UNSURE
      if (parsed === undefined && one !== value[at]) parsed = value.slice(0, at)
      parsed?.push(one)
    }
    return parsed ?? value
  }
}

function recordStep(key: Step, entry: Step, keep: boolean): Step {
  return (value) => {
    if (!isPlain(value)) return UNSURE
    const parsed: Record<string, unknown> = {}
    let same = keep && isOrdinary(value)
    for (const name of Object.keys(value)) {
      const given = value[name]
      const one = entry(given)
      if (one === UNSURE || name === '__proto__' || key(name) !== name) return UNSURE
      if (same && one === given) continue
      if (same) Object.assign(parsed, value)
      same = false
      parsed[name] = one
    }
    return same ? value : parsed
  }
}

interface Member {
  readonly name: string
  readonly step: Step
  readonly optional: boolean
}

function objectStep(shape: Readonly<Record<string, z.core.$ZodType>>, compiling: Compiling): Step {
  const members = Object.entries(shape).map(([name, member]): Member => ({
    name,
    step: stepOf(member, compiling),
    optional: member._zod.optin === 'optional' && member._zod.optout === 'optional',
  }))
  const copy: Step = (value) => (isPlain(value) ? copyOf(value, members) : UNSURE)
  if (!compiling.keep) return copy
  return (value) => (isPlain(value) && isOrdinary(value) && isExact(value, members) ? value : copy(value))
}

function copyOf(value: Readonly<Record<string, unknown>>, members: readonly Member[]): unknown {
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

/** Whether a copy of the value would be equal to it: it has no other members, and of its own none is changed. */
function isExact(value: Readonly<Record<string, unknown>>, members: readonly Member[]): boolean {
  let left = 0
  for (const name in value) if (Object.hasOwn(value, name)) left += 1
  for (const { name, step, optional } of members) {
    const given = value[name]
    if (given === undefined && optional && !(name in value)) continue
    if (step(given) !== given) return false
    left -= 1
  }
  return left === 0
}

function choiceStep(def: z.core.$ZodDiscriminatedUnionDef, compiling: Compiling): Step | undefined {
  const options = new Map<unknown, Step>()
  for (const option of def.options) {
    const values = option._zod.propValues?.[def.discriminator]
    if (values === undefined) return undefined
    for (const value of values) options.set(value, stepOf(option, compiling))
  }
  return (value) => (isPlain(value) ? (options.get(value[def.discriminator])?.(value) ?? UNSURE) : UNSURE)
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const parent: unknown = Object.getPrototypeOf(value)
  return parent === Object.prototype || parent === null
}

/** What a copy would be, too, unlike an object without a prototype. */
function isOrdinary(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype
}
