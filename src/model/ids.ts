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

/** Hexadecimal sha256 of a file's bytes or of a canonical JSON text; read in any case (Get-FileHash prints upper case), kept in lower case. */
export const Sha256Schema = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, 'a sha256 is 64 hexadecimal digits')
  .toLowerCase()
