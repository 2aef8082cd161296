/** Shapes of what guests answer. Everything is bounded and printable once it passed one of these. */
import { z } from 'zod'
import { oneLine } from '../../../kit/text.ts'

/** One line of at most `maximum` characters; null and absent become ''. */
export function text(maximum: number): z.ZodType<string> {
  return z.preprocess(
    (value) => value ?? '',
    z.coerce.string().transform((value) => oneLine(value, maximum)),
  )
}

/** Like `text`, but cut without a note and untouched otherwise: for paths and ids, which must stay usable. */
export function word(maximum: number): z.ZodType<string> {
  return z.preprocess((value) => value ?? '', z.string().max(maximum))
}

/** A finite number; null and absent become 0. */
export function count(): z.ZodType<number> {
  return z.preprocess((value) => value ?? 0, z.number())
}

/**
 * A list of at most `maximum`, the rest is dropped. Windows PowerShell writes a list of one as the thing itself, an empty
 * one as null, and some as {value, Count}.
 */
export function list<T>(item: z.ZodType<T>, maximum: number): z.ZodType<T[]> {
  return z.preprocess((value) => {
    if (value === null || value === undefined) return []
    if (Array.isArray(value)) return (value as unknown[]).slice(0, maximum)
    const wrapped = value as { value?: unknown; Count?: unknown }
    if (typeof value === 'object' && typeof wrapped.Count === 'number' && Array.isArray(wrapped.value))
      return (wrapped.value as unknown[]).slice(0, maximum)
    return [value]
  }, z.array(item))
}

/** A map of at most 2000 names of at most 200 characters. */
export function table<T>(item: z.ZodType<T>): z.ZodType<Record<string, T>> {
  return z.preprocess(
    (value) =>
      Object.fromEntries(
        Object.entries((value ?? {}) as Record<string, unknown>)
          .slice(0, 2000)
          .map(([name, entry]) => [oneLine(name, 200), entry]),
      ),
    z.record(z.string(), item),
  )
}
