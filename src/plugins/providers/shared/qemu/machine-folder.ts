/**
 * What a machine leaves on the disk so that a later process finds it: its own folder with a record in it, and an entry
 * in the state folder that is written before the folder is touched.
 */
import { chmod, lstat, mkdir, readFile, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Instant } from '../../../../kit/clock.ts'
import { writeFileAtomic } from '../../../../kit/files.ts'
import { sha256 } from '../../../../kit/hash.ts'
import { AppError } from '../../../../model/errors.ts'
import { MachineRefSchema, type MachineRef } from '../../../../model/machine-ref.ts'
import type { MachineSpec } from '../../../../sdk/provider.ts'

const RECORD_FILE = 'machine.json'

/** Everything that another process needs to take the machine over. */
export type MachineRecord = Pick<MachineSpec, 'ref' | 'source' | 'profile' | 'folder' | 'savedState'>

/** The record of a specification: credentials never reach the disk. */
export function recordOf({ ref, source, profile, folder, savedState }: MachineSpec): MachineRecord {
  const { credentials: _, ...kept } = source
  const record = { ref: refWithFolder(ref, folder), source: kept, profile, folder }
  return savedState === undefined ? record : { ...record, savedState }
}

/** The ref with its folder in `details`. */
export function refWithFolder(ref: MachineRef, folder: string): MachineRef {
  return { ...ref, details: { ...ref.details, folder } }
}

/** The folder named by a ref, if it names one. */
export function folderOf(ref: MachineRef): string | undefined {
  const folder = ref.details['folder']
  return typeof folder === 'string' ? folder : undefined
}

export class MachineRegister {
  readonly #folder: string

  /** `stateFolder`: the host's own folder for facts that outlive a run. */
  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'machines')
  }

  /** Announces the machine, then takes its empty folder for it alone. @throws AppError HOST_FOLDER_BUSY */
  async claim(record: MachineRecord): Promise<void> {
    await mkdir(record.folder, { recursive: true, mode: 0o700 })
    const there = await lstat(record.folder)
    const free = there.isDirectory() && (await readdir(record.folder)).length === 0
    if (!free)
      throw new AppError('HOST_FOLDER_BUSY', 'host', `${record.folder} is not an empty folder`, {
        hint: 'run "ringzero sweep": an earlier machine may have left it',
      })
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await writeFileAtomic(this.#entry(record.ref.name), JSON.stringify(record.ref))
    await chmod(record.folder, 0o700)
    await writeFileAtomic(join(record.folder, RECORD_FILE), JSON.stringify(record))
  }

  /** Removes the machine's folder and then its entry. A folder that does not carry this machine's record is left alone. */
  async release(name: string, folder: string): Promise<void> {
    const record = await readRecord(folder)
    if (record?.ref.name === name || (record === undefined && (await holdsOnlyTornRecord(folder))))
      await rm(folder, { recursive: true, force: true })
    await rm(this.#entry(name), { force: true })
  }

  /** Refs of all announced machines, running or not. */
  async announced(): Promise<MachineRef[]> {
    const files = await readdir(this.#folder).catch(() => [])
    const refs = await Promise.all(
      files.filter((file) => file.endsWith('.json')).map((file) => readJson(join(this.#folder, file))),
    )
    return refs.flatMap((value) => {
      const parsed = MachineRefSchema.safeParse(value)
      return parsed.success ? [parsed.data] : []
    })
  }

  /** The entry of one machine; undefined when it was never announced or is gone. */
  async find(name: string): Promise<MachineRef | undefined> {
    const parsed = MachineRefSchema.safeParse(await readJson(this.#entry(name)))
    return parsed.success ? parsed.data : undefined
  }

  #entry(name: string): string {
    return join(this.#folder, `${sha256(name).slice(0, 32)}.json`)
  }
}

/** The record in a machine's folder; undefined when there is none or it cannot be read. */
export async function readRecord(folder: string): Promise<MachineRecord | undefined> {
  const value = await readJson(join(folder, RECORD_FILE))
  const parsed = MachineRefSchema.safeParse(
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)['ref'] : undefined,
  )
  // The folder is 0700 and ours: whoever can write there can do all that we can.
  return parsed.success ? { ...(value as MachineRecord), ref: parsed.data, folder } : undefined
}

/** When the machine's folder was taken for it, which is when the machine was made. @throws Error when it holds no record */
export async function claimedAt(folder: string): Promise<Instant> {
  return (await stat(join(folder, RECORD_FILE))).birthtimeMs
}

/** True when a kill came before the record was whole: nothing else was made yet. */
async function holdsOnlyTornRecord(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => ['missing'])
  return names.every((name) => name.startsWith(`${RECORD_FILE}.`) && name.endsWith('.tmp'))
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown
  } catch {
    return undefined
  }
}
