/** The shapes of names and hashes that people and files give. */
import { z } from 'zod'

/** A name that a person writes: letters, digits, dot, dash, underscore; starts with a letter or digit; ≤ 64 characters. */
export const NameSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    'use letters, digits, ".", "-" and "_", starting with a letter or digit',
  )

/** Lower-case hexadecimal sha256 of a file's bytes or of a canonical JSON text. */
export const Sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 is 64 lower-case hexadecimal digits')
