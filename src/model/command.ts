/** A program to run inside a guest: always a program and its arguments, never a line for a shell. */
import { z } from 'zod'

export const GuestCommandSchema = z.strictObject({
  program: z.string().min(1).max(1024),
  arguments: z.array(z.string().max(8192)).max(256).default([]),
  /** Text for standard input. */
  input: z.string().max(1_048_576).optional(),
  environment: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(8192)).optional(),
  /** Names of secrets (lab.yaml `secrets`) that are put into the environment under these names. */
  secretEnvironment: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).optional(),
  timeoutSeconds: z.number().positive().max(86_400).optional(),
})
/** As written in a file. */
export type GuestCommandInput = z.input<typeof GuestCommandSchema>
export type GuestCommand = z.output<typeof GuestCommandSchema>
