/**
 * Reads and changes the disk of a Linux machine that is off, with e2fsprogs on a flat copy: no mount, no root.
 * The copy is made once per power-off (0.1 s for 64 MiB) and its journal is replayed first, as the guest's own kernel
 * would do: without that a read shows old blocks and a change is undone at the next mount.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finished } from '../../../../kit/process.ts'
import { oneLine } from '../../../../kit/text.ts'
import { AppError } from '../../../../model/errors.ts'
import type { Context } from '../../../../sdk/context.ts'
import type { OfflineDisk } from '../../../../sdk/provider.ts'
import { MACHINE_FILES } from './build-arguments.ts'
import { runQemuImg } from './disk-image.ts'
import { programFault } from './host-faults.ts'
import { findLinuxPartition } from './linux-partition.ts'
import type { MachineFiles } from './machine-files.ts'
import type { MachineRecord } from './machine-folder.ts'
import type { RunTool } from './qemu-host.ts'

const FLAT_FILE = 'offline.raw'
const STAGING_FILE = 'offline-file'
/** Of one guest file; logs and dumps beyond are cut. */
const MAXIMUM_FILE_BYTES = 64 * 1024 * 1024
const PROGRAM_TIMEOUT_MS = 120_000
/** debugfs prints these on standard error and still exits 0. */
const ABSENT = /File not found by ext2_lookup|Not a directory|Filesystem not open/

type Change = Parameters<OfflineDisk['write']>[0][number]

/** The facet for a Linux disk; for other guests undefined. `requireOff` throws while the machine runs. */
export function offlineDiskOf(
  record: MachineRecord,
  reach: { readonly run: RunTool; readonly files: MachineFiles },
  requireOff: () => void,
): LinuxDisk | undefined {
  return record.source.os === 'linux' ? new LinuxDisk(record, reach, requireOff) : undefined
}

export class LinuxDisk implements OfflineDisk {
  readonly #record: MachineRecord
  readonly #tool: RunTool
  readonly #files: MachineFiles
  readonly #requireOff: () => void
  /** As debugfs takes it: the flat file's name, with the file system's offset in it. */
  #flat: string | undefined

  /** `reach`: programs that work in the machine's folder, and its files. */
  constructor(
    record: MachineRecord,
    { run, files }: { readonly run: RunTool; readonly files: MachineFiles },
    requireOff: () => void,
  ) {
    this.#record = record
    this.#tool = run
    this.#files = files
    this.#requireOff = requireOff
  }

  /** The machine is about to start: the flat copy grows stale. */
  async forget(): Promise<void> {
    if (this.#flat === undefined) return
    this.#flat = undefined
    await this.#files.remove([FLAT_FILE])
  }

  async read(
    guestPaths: readonly string[],
    localFolder: string,
    ctx: Context,
  ): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>()
    for (const [index, guestPath] of guestPaths.entries()) {
      const { stdout, stderr } = await this.#debugfs(`cat ${quoted(guestPath)}`, ctx)
      if (stdout.length === 0 && ABSENT.test(stderr.toString('utf8'))) continue
      if (!/\bType: regular\b/.test(await this.#stat(guestPath, ctx))) continue
      const local = join(localFolder, `file-${index}`)
      await writeFile(local, stdout, { mode: 0o600 })
      found.set(guestPath, local)
    }
    return found
  }

  async list(guestFolder: string, ctx: Context): Promise<readonly string[] | undefined> {
    if (!/\bType: directory\b/.test(await this.#stat(guestFolder, ctx))) return undefined
    const { stdout } = await this.#debugfs(`ls -p ${quoted(guestFolder)}`, ctx)
    // Lines: /inode/mode/uid/gid/name/size/ (debugfs(8)); inode 0 is a free entry.
    return [...stdout.toString('utf8').matchAll(/^\/(\d+)\/\d+\/\d+\/\d+\/([^/\n]+)\/\d*\/$/gm)]
      .filter(([, inode, name]) => inode !== '0' && name !== '.' && name !== '..')
      .map(([, , name]) => name ?? '')
  }

  async write(changes: readonly Change[], ctx: Context): Promise<void> {
    try {
      for (const change of changes) await this.#apply(change, ctx)
      await this.#check(['-fy'], ctx)
      await this.#rebuildOverlay(ctx)
    } finally {
      await this.#files.remove([STAGING_FILE])
      // Half-done changes live in the flat copy alone; the overlay is replaced whole or not at all.
      await this.forget()
    }
  }

  async #apply({ path, content, mode }: Change, ctx: Context): Promise<void> {
    const before = await this.#stat(path, ctx)
    if (before !== '') await this.#change(`rm ${quoted(path)}`, ctx)
    if (content === undefined) return
    const cut = path.lastIndexOf('/')
    const [folder, name] = [path.slice(0, cut), path.slice(cut + 1)]
    await this.#makeFolders(folder, ctx)
    await this.#files.write(STAGING_FILE, content)
    const kept = /Mode:\s+(0[0-7]+)/.exec(before)?.[1]
    const permissions = (mode ?? (kept === undefined ? 0o644 : Number.parseInt(kept, 8))) & 0o7777
    // "write" takes a bare name in the current folder, so each request list begins with cd.
    await this.#requests(
      [
        `cd ${quoted(folder === '' ? '/' : folder)}`,
        `write ${STAGING_FILE} ${quoted(name)}`,
        `sif ${quoted(name)} mode 0${(0o100000 | permissions).toString(8)}`,
        `sif ${quoted(name)} uid 0`,
        `sif ${quoted(name)} gid 0`,
      ],
      ctx,
    )
    if (!/\bType: regular\b/.test(await this.#stat(path, ctx)))
      throw new AppError(
        'OFFLINE_WRITE_FAILED',
        'tool',
        `${oneLine(path)} could not be written into the machine’s disk`,
      )
  }

  async #makeFolders(folder: string, ctx: Context): Promise<void> {
    const parts = folder.split('/').filter((part) => part !== '')
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const path = `/${parts.slice(0, depth).join('/')}`
      if ((await this.#stat(path, ctx)) === '') await this.#change(`mkdir ${quoted(path)}`, ctx)
    }
  }

  async #stat(path: string, ctx: Context): Promise<string> {
    return (await this.#debugfs(`stat ${quoted(path)}`, ctx)).stdout.toString('utf8')
  }

  async #change(request: string, ctx: Context): Promise<void> {
    await this.#debugfs(request, ctx, ['-w'])
  }

  async #requests(requests: readonly string[], ctx: Context): Promise<void> {
    const finished = await this.#run(
      'debugfs',
      ['-w', '-f', '-', await this.#open(ctx)],
      ctx,
      `${requests.join('\n')}\n`,
    )
    const fault = programFault('changing the machine’s disk', finished, 'HOST_OFFLINE_DISK')
    if (fault !== undefined) throw fault
  }

  async #debugfs(request: string, ctx: Context, options: readonly string[] = []): Promise<Finished> {
    const finished = await this.#run('debugfs', [...options, '-R', request, await this.#open(ctx)], ctx)
    if (finished.truncated) return finished
    const fault = programFault('reading the machine’s disk', finished, 'HOST_OFFLINE_DISK')
    if (fault !== undefined) throw fault
    return finished
  }

  async #run(
    program: string,
    programArguments: readonly string[],
    ctx: Context,
    input?: string,
  ): Promise<Finished> {
    return await this.#tool(program, programArguments, {
      signal: ctx.signal,
      timeoutMs: Math.max(1, Math.min(PROGRAM_TIMEOUT_MS, ctx.deadline - ctx.clock.now())),
      maximumBytes: MAXIMUM_FILE_BYTES,
      // debugfs pages long answers when PAGER is set.
      environment: { DEBUGFS_PAGER: '__none__', PAGER: '__none__' },
      ...(input === undefined ? {} : { input }),
    })
  }

  async #open(ctx: Context): Promise<string> {
    this.#requireOff()
    if (this.#flat !== undefined) return this.#flat
    await runQemuImg(
      'making a flat copy of the machine’s disk',
      ['convert', '-f', 'qcow2', '-O', 'raw', MACHINE_FILES.disk, FLAT_FILE],
      this.#tool,
      ctx,
    )
    const offset =
      this.#record.source.partition === 'whole-disk'
        ? 0
        : await findLinuxPartition(async (at, length) => await this.#files.readAt(FLAT_FILE, at, length))
    this.#flat = offset === 0 ? FLAT_FILE : `${FLAT_FILE}?offset=${offset}`
    await this.#check(['-y', '-E', 'journal_only'], ctx)
    return this.#flat
  }

  /** e2fsck(8): 0 clean, 1 errors corrected; more means that a file system is beyond repair. */
  async #check(options: readonly string[], ctx: Context): Promise<void> {
    const finished = await this.#run('e2fsck', [...options, this.#flat ?? FLAT_FILE], ctx)
    if (finished.exitCode === 0 || finished.exitCode === 1) return
    const fault = programFault('checking the guest’s file system', finished, 'OFFLINE_DISK_UNREADABLE')
    throw fault ?? new AppError('OFFLINE_DISK_UNREADABLE', 'tool', 'the guest’s file system cannot be read')
  }

  async #rebuildOverlay(ctx: Context): Promise<void> {
    const { source } = this.#record
    const next = 'disk-next.qcow2'
    try {
      await runQemuImg(
        'putting the changed disk together',
        ['convert', '-f', 'raw', '-O', 'qcow2', '-F', source.diskFormat, '-B', source.disk, FLAT_FILE, next],
        this.#tool,
        ctx,
      )
      await this.#files.rename(next, MACHINE_FILES.disk)
    } finally {
      await this.#files.remove([next])
    }
  }
}

/** A path as one word of a debugfs request. @throws AppError OFFLINE_PATH for a path that could end the word or the line */
function quoted(path: string): string {
  if (path !== '' && path.length <= 4096 && !/["\u0000-\u001f\u007f]/.test(path)) return `"${path}"`
  throw new AppError('OFFLINE_PATH', 'tool', `the path ${oneLine(path)} cannot be used on a machine’s disk`)
}
