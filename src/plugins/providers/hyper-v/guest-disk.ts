/** The disk of a machine that is off, mounted on the host for one question at a time. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../../model/errors.ts'
import type { Context } from '../../../sdk/context.ts'
import type { OfflineDisk } from '../../../sdk/provider.ts'

/** Bytes copied of one file: enough for event logs and for all that is read of a dump. */
const FILE_LIMIT = 256 * 1024 * 1024

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
      const found = await run({ action: 'read', files, limit: FILE_LIMIT }, ctx)
      const names = new Set(strings(found))
      return new Map(files.filter(({ guest }) => names.has(guest)).map(({ guest, local }) => [guest, local]))
    },
    async list(guestFolder, ctx) {
      const answer = (await run({ action: 'list', guestFolder }, ctx)) as {
        readonly found?: unknown
        readonly names?: unknown
      } | null
      return answer?.found === true ? strings(answer.names) : undefined
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

function strings(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw new AppError('HOST_ANSWER', 'host', 'the host’s answer about a disk cannot be read')
}
