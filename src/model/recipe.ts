/** How something is put into a guest, proven to be there, and taken out again: shared by candidates and products. */
import { z } from 'zod'
import { GuestCommandSchema } from './command.ts'

export const OsNameSchema = z.enum(['linux', 'windows'])
export type OsName = z.output<typeof OsNameSchema>

/**
 * One spelling for each path, so that what a guest writes down is found under it again: no `.`, no separator twice, and Windows'
 * own separator behind a drive letter.
 */
function spellGuestPath(path: string): string {
  return /^[A-Za-z]:[\\/]/.test(path)
    ? path.replaceAll(/[\\/]+(?:\.[\\/]+)*/g, '\\')
    : path.replaceAll(/\/+(?:\.\/+)*/g, '/')
}

/** `./sub\\x.dat` is `sub/x.dat`. */
function spellLocalPath(path: string): string {
  return path
    .split(/[\\/]/)
    .filter((step, index) => step !== '.' && (step !== '' || index === 0))
    .join('/')
}

/** What guests and their probes write down in another way, or take for the end of a name. */
const hasPlainCharacters = (path: string): boolean => path.isWellFormed() && !/\p{Cc}/u.test(path)
const NOT_PLAIN = 'a path must not contain control characters or half a character'

/** An absolute path inside a guest: `/…` or `C:\…`; no `..`. */
export const GuestPathSchema = z
  .string()
  .max(1024)
  .overwrite(spellGuestPath)
  .regex(/^(?:\/|[A-Za-z]:[\\/])/, 'give an absolute path of the guest, as /opt/x or C:\\x')
  .refine((path) => !path.split(/[\\/]/).includes('..'), 'a guest path must not contain ".."')
  .refine(hasPlainCharacters, NOT_PLAIN)

/** A path inside the folder that the file describes: relative, no `..`. */
export const LocalPathSchema = z
  .string()
  .max(512)
  .overwrite(spellLocalPath)
  .refine((path) => path !== '', 'name a file')
  .refine((path) => !/^[\\/]|^[A-Za-z]:/.test(path), 'give a path relative to this file')
  .refine((path) => !path.split(/[\\/]/).includes('..'), 'the path must not leave the folder (no "..")')
  .refine(hasPlainCharacters, NOT_PLAIN)

export const PlacedFileSchema = z.strictObject({
  file: LocalPathSchema.describe('one of `files`'),
  to: GuestPathSchema,
  mode: z
    .string()
    .regex(/^0[0-7]{3}$/)
    .optional(),
})

export const ServiceNameSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._@$-]*$/)

/** Windows' exit codes are 32 bits, which people write down with a sign or without. */
const ExitCodeSchema = z
  .string()
  .regex(/^-?\d{1,10}$/)
  .refine(
    (code) => Number(code) >= -(2 ** 31) && Number(code) < 2 ** 32,
    'an exit code has 32 bits: -2147483648 to 4294967295',
  )

/**
 * Steps in this order: copy every file of the folder to a temporary place of the guest (`${files}` in arguments and environment names it),
 * place files, run commands, restart or signal services.
 */
export const InstallRecipeSchema = z.strictObject({
  place: z.array(PlacedFileSchema).max(1000).optional(),
  run: z.array(GuestCommandSchema).max(64).optional(),
  restartServices: z.array(ServiceNameSchema).max(64).optional(),
  /** "detect": ask the guest whether a restart is pending. A restart is always tested; this says whether one is due at once. */
  reboot: z.enum(['never', 'detect', 'always']).optional(),
  /** Exit codes with a meaning of their own, on top of the installer's table: 0 and 3010 need no entry. */
  exitCodes: z.record(ExitCodeSchema, z.enum(['ok', 'reboot', 'failed', 'not-applied', 'retry'])).optional(),
})

/** All must hold for "it is there". */
export const VerifyRecipeSchema = z.strictObject({
  files: z
    .array(
      z.strictObject({
        path: GuestPathSchema,
        file: LocalPathSchema.optional(),
        version: z.string().max(64).optional(),
      }),
    )
    .max(1000)
    .optional(),
  services: z.array(ServiceNameSchema).max(64).optional(),
  run: z.array(GuestCommandSchema).max(64).optional().describe('each must exit 0'),
  productCode: z
    .string()
    .regex(/^\{[0-9A-Fa-f-]{36}\}$/)
    .optional()
    .describe('msi'),
  build: z
    .string()
    .regex(/^\d+\.\d+$/)
    .optional()
    .describe('msu: build.UBR after the restart, as 26100.4652'),
  package: z.string().max(256).optional().describe('msu, cab: package identity that must be Installed'),
})

export const RollbackRecipeSchema = z.strictObject({
  run: z.array(GuestCommandSchema).max(64).optional(),
  /** Placed files are put back as they were before (removed if they were not there); default true. */
  restorePlaced: z.boolean().optional(),
  restartServices: z.array(ServiceNameSchema).max(64).optional(),
})

export const RecipeSchema = z.strictObject({
  install: InstallRecipeSchema.optional(),
  verify: VerifyRecipeSchema.optional(),
  rollback: RollbackRecipeSchema.optional(),
  /** Commands that exercise what was installed, run after install and after each restart. */
  stimuli: z.array(GuestCommandSchema).max(64).optional(),
})
export type Recipe = z.output<typeof RecipeSchema>

export const RecipesSchema = z.strictObject({
  linux: RecipeSchema.optional(),
  windows: RecipeSchema.optional(),
})
