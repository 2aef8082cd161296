/** The `build` part of a Windows image in lab.yaml. */
import { z } from 'zod'

export const WindowsBuildSchema = z.strictObject({
  iso: z.string().min(1).max(1024).describe('installation media; relative to lab.yaml'),
  edition: z
    .union([z.string().min(1).max(200), z.int().min(1).max(99)])
    .describe('name as the media has it, as "Windows 11 Pro", or its number'),
  generation: z.literal([1, 2]).default(2),
  sizeGiB: z.int().min(32).max(2048).default(64),
  language: z
    .string()
    .regex(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}$/, 'give a language with its region, as de-DE')
    .optional()
    .describe(
      'formats, keyboard and, where the media has it, the texts: a language with its region, as de-DE',
    ),
  timeZone: z
    .string()
    .min(1)
    .max(64)
    .default('UTC')
    .describe('by Windows’ name, as "W. Europe Standard Time"'),
  updates: z.array(z.string().min(1).max(1024)).max(32).default([]).describe('.msu or .cab files, in order'),
  drivers: z.array(z.string().min(1).max(1024)).max(32).default([]).describe('folders with INF files'),
  productKey: z
    .string()
    .regex(/^[A-Z0-9]{5}(?:-[A-Z0-9]{5}){4}$/)
    .optional()
    .describe('a generic volume key that chooses the edition; a real one belongs on a KMS host'),
  tpm: z.boolean().default(true).describe('the first start has a virtual TPM (generation 2)'),
  firstStartSeconds: z.int().min(300).max(14_400).default(3600),
})
export type WindowsBuild = z.output<typeof WindowsBuildSchema>

/** What the answer file calls the computer. No account may be called like it: Windows then puts it into no group. */
export const WINDOWS_COMPUTER_NAME = 'RINGZERO-GUEST'
