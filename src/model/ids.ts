/** The names that flow through a run. All are plain strings so that every record stays readable JSON. */
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

export type AxisId = string
export type ValueId = string
/** First 12 hexadecimal digits of the sha256 over the cell's content (configuration, machine, image, products). */
export type CellId = string
/** Sortable UTC time stamp plus random suffix: `20261122T195200Z-4f1c`. */
export type RunId = string
/** sha256 of an evidence file: its name in the evidence store. */
export type EvidenceId = string
export type CheckId = string
