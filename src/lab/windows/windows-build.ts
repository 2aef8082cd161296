/** The `build` part of a Windows image in lab.yaml. */
import { z } from 'zod'
import { AppError } from '../../model/errors.ts'
import type { LabImage } from '../../model/lab.ts'

export const WindowsBuildSchema = z.strictObject({
  iso: z.string().min(1).max(1024).describe('installation media; relative to lab.yaml'),
  edition: z
    .union([z.string().min(1).max(200), z.int().min(1).max(99)])
    .describe('name as the media has it, as "Windows 11 Pro", or its number'),
  generation: z.literal([1, 2]).default(2),
  sizeGiB: z.int().min(32).max(2048).default(64),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}$/, 'give a language tag, as de-DE')
    .optional()
    .describe('formats, keyboard and, where the media has it, the texts'),
  timeZone: z.string().min(1).max(64).default('UTC'),
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

/** The options, checked. @throws AppError LAB_IMAGE_BUILD (user) naming every wrong field */
export function readWindowsBuild(image: LabImage): WindowsBuild {
  const parsed = WindowsBuildSchema.safeParse(image.build ?? {})
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => ({
        message: issue.message,
        where: { file: 'lab.yaml', field: ['images', image.id, 'build', ...issue.path].join('.') },
      }))
  if (image.credentials === undefined)
    problems.push({
      message: 'a Windows image needs credentials: the local administrator that setup makes',
      where: { file: 'lab.yaml', field: `images.${image.id}.credentials` },
    })
  if (parsed.success && problems.length === 0) return parsed.data
  throw new AppError('LAB_IMAGE_BUILD', 'user', `image "${image.id}" cannot be built as it is described`, {
    problems,
    hint: 'see docs/windows.md for an example',
  })
}
