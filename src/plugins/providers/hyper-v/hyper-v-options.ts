/** What lab.yaml may say about a Hyper-V host. */
import { z } from 'zod'
import { AppError } from '../../../model/errors.ts'

const HyperVOptionsSchema = z.strictObject({
  /** Windows PowerShell 5.1 by default: PowerShell 7 loads the Hyper-V module through a compatibility session on older hosts. */
  powerShell: z.string().min(1).max(1024).default('powershell'),
  /** Sessions for calls that run beside each other. */
  sessions: z.int().min(1).max(16).default(3),
  /** The host's switch for cells whose network is open. */
  openSwitch: z.string().min(1).max(256).optional(),
  /** Disk space that must be free before a machine is made. */
  minimumFreeGiB: z.number().min(0).max(65_536).default(20),
})
export type HyperVOptions = z.output<typeof HyperVOptionsSchema>

/** @throws AppError fault "user" naming the option that is wrong */
export function parseHyperVOptions(host: string, options: Readonly<Record<string, unknown>>): HyperVOptions {
  const parsed = HyperVOptionsSchema.safeParse(options)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const field = `hosts.${host}.options.${issue?.path.join('.') ?? ''}`
  throw new AppError('LAB_HOST_OPTIONS', 'user', `${field}: ${issue?.message ?? 'is not valid'}`, {
    hint: 'a hyper-v host takes powerShell, sessions, openSwitch and minimumFreeGiB',
  })
}
