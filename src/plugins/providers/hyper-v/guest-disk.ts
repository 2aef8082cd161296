/** The disk of a machine that is off, mounted on the host for one question at a time. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../../../model/errors.ts'
import type { Context } from '../../../sdk/context.ts'
import type { OfflineDisk } from '../../../sdk/provider.ts'

/** Bytes copied of one file: enough for event logs and for all that is read of a dump. */
const FILE_LIMIT = 256 * 1024 * 1024

/** Partitions of the disk that could not be opened. */
const unopened = z.array(z.object({ partition: z.number(), reason: z.string() }))
const FilesSchema = z.object({ found: z.array(z.string()), unopened })
const NamesSchema = z.object({ found: z.boolean(), names: z.array(z.string()), unopened })

type RunOffline = (parameters: Readonly<Record<string, unknown>>, ctx: Context) => Promise<unknown>

/** `run` calls offline-disk.ps1 with the machine's own parameters added. */
export function guestDisk(run: RunOffline): OfflineDisk {
  return {
    async read(guestPaths, localFolder, ctx) {
      await mkdir(localFolder, { recursive: true })
      const files = guestPaths.map((guest, index) => ({
        guest,
        local: join(localFolder, localName(guest, index)),
      }))
      const { found } = parse(FilesSchema, await run({ action: 'read', files, limit: FILE_LIMIT }, ctx), ctx)
      const names = new Set(found)
      return new Map(files.filter(({ guest }) => names.has(guest)).map(({ guest, local }) => [guest, local]))
    },
    async list(guestFolder, ctx) {
      const { found, names } = parse(NamesSchema, await run({ action: 'list', guestFolder }, ctx), ctx)
      return found ? names : undefined
    },
    async write(changes, ctx) {
      const encoded = changes.map(({ path, content }) => ({
        path,
        content: content?.toString('base64') ?? null,
      }))
      await run({ action: 'write', changes: encoded }, ctx)
    },
  }
}

/** A name of our own: the guest's may mean something else on the host. */
function localName(guest: string, index: number): string {
  const last = guest.split(/[\\/]/).at(-1) ?? ''
  return `${String(index).padStart(4, '0')}-${last.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 80)}`
}

/** A partition that could not be opened is told: what was not found may lie on it. */
function parse<T extends { readonly unopened: z.output<typeof unopened> }>(
  schema: z.ZodType<T>,
  answer: unknown,
  ctx: Context,
): T {
  const parsed = schema.safeParse(answer)
  if (!parsed.success)
    throw new AppError('HOST_ANSWER', 'host', 'the host’s answer about a disk cannot be read')
  for (const { partition, reason } of parsed.data.unopened)
    ctx.log.log('warn', 'a partition of a guest’s disk could not be opened', { partition, reason })
  return parsed.data
}
