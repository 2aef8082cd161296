/** Evidence on disk: files named by their hash under the attempt that saved them, within size budgets, listed in a manifest. */
import { createHash } from 'node:crypto'
import { open, mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic, type WriteOptions } from '../kit/files.ts'
import { sha256 } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import type { Phase } from '../model/phase.ts'
import type { EvidenceRecord } from '../model/report.ts'
import type { EvidenceSink } from '../sdk/collector.ts'
import { attemptFolder, evidenceManifest, type AttemptKey } from './run-folder.ts'
import type { SecretMasker } from './secret-masker.ts'

const MIB = 1024 * 1024
/** A kernel dump of a small guest fits; a memory dump of a large one is cut and says so. */
const FILE_BUDGET = 256 * MIB
const TEXT_BUDGET = 8 * MIB
const ATTEMPT_BUDGET = 1024 * MIB
const PIECE = 1 * MIB
/** Read beyond what is kept of a text, so that a secret which the cut would divide is found whole; longer than any secret may be. */
const BEYOND = 1 * MIB

export interface EvidenceOptions {
  readonly runFolder: string
  readonly key: AttemptKey
  readonly masker: SecretMasker
  /** The phase that is open now. */
  readonly phase: () => Phase
  /** false: files survive a kill, not a power cut; for simulated machines, as in the journal. Default true. */
  readonly sync?: boolean
  /** Journals the record; awaited before `save` resolves. */
  readonly onSaved: (record: EvidenceRecord) => Promise<void>
}

export class AttemptEvidence implements EvidenceSink {
  readonly #options: EvidenceOptions
  readonly #records = new Map<string, EvidenceRecord>()
  #used = 0

  constructor(options: EvidenceOptions) {
    this.#options = options
  }

  /** @throws AppError EVIDENCE_WRITE (host) when the disk does not take it */
  async save(name: string, mediaType: string, data: Uint8Array): Promise<string> {
    const text = isText(mediaType)
    const budget = this.#budget(text)
    const cut = data.byteLength > budget
    const masked = text ? this.#options.masker.bytes(data) : data
    const from = cut && text ? data.byteLength - budget : 0
    const bytes = masked.subarray(from, from + budget)
    const id = sha256(bytes)
    const path = this.#path(id, name)
    await writeFileAtomic(join(this.#options.runFolder, path), bytes, this.#writing()).catch(
      rejectAsHostFault(path),
    )
    await this.#record({ id, name, mediaType, bytes: bytes.byteLength, path, cut })
    return id
  }

  /** @throws AppError EVIDENCE_WRITE (host); EVIDENCE_MISSING (plugin) when there is no such file */
  async saveFile(name: string, mediaType: string, source: string): Promise<string> {
    const text = isText(mediaType)
    const size = await stat(source).then(
      (found) => found.size,
      () => {
        throw new AppError('EVIDENCE_MISSING', 'plugin', `there is no file ${source} to save as ${name}`)
      },
    )
    const budget = this.#budget(text)
    if (text) return await this.save(name, mediaType, await readTail(source, size, budget + BEYOND))
    const folder = join(this.#options.runFolder, attemptFolder(this.#options.key))
    const partial = join(folder, `.${name}.partial`)
    const length = Math.min(size, budget)
    try {
      await mkdir(folder, { recursive: true })
      const id = await copyHashed(source, partial, length, this.#writing())
      const path = this.#path(id, name)
      await rename(partial, join(this.#options.runFolder, path))
      await this.#record({ id, name, mediaType, bytes: length, path, cut: size > budget })
      return id
    } catch (error) {
      await rm(partial, { force: true })
      return await rejectAsHostFault(name)(error)
    }
  }

  /** Writes manifest.json of the attempt; call it once at its end. */
  async writeManifest(): Promise<void> {
    if (this.#records.size === 0) return
    const { runFolder, key } = this.#options
    await writeEvidenceManifest(runFolder, key, [...this.#records.values()], this.#writing())
  }

  #writing(): WriteOptions {
    return { sync: this.#options.sync ?? true }
  }

  #budget(text: boolean): number {
    return Math.max(0, Math.min(text ? TEXT_BUDGET : FILE_BUDGET, ATTEMPT_BUDGET - this.#used))
  }

  #path(id: string, name: string): string {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name))
      throw new AppError('EVIDENCE_NAME', 'plugin', `"${name}" is no name for an evidence file`, {
        hint: 'choose letters, digits, ".", "-" and "_"; never take a name from a guest',
      })
    return `${attemptFolder(this.#options.key)}/${id.slice(0, 12)}-${name}`
  }

  async #record(
    file: Pick<EvidenceRecord, 'id' | 'name' | 'mediaType' | 'bytes' | 'path' | 'cut'>,
  ): Promise<void> {
    if (this.#records.has(file.path)) return
    const record: EvidenceRecord = { ...file, ...this.#options.key, phase: this.#options.phase() }
    this.#records.set(file.path, record)
    this.#used += file.bytes
    await this.#options.onSaved(record)
  }
}

/** Writes manifest.json of an attempt: the list of its evidence. @throws AppError EVIDENCE_WRITE (host) */
export async function writeEvidenceManifest(
  runFolder: string,
  key: AttemptKey,
  files: readonly EvidenceRecord[],
  writing: WriteOptions = {},
): Promise<void> {
  const path = evidenceManifest(key)
  const text = JSON.stringify({ schema: 'ringzero/evidence/1', files }, undefined, 2)
  await writeFileAtomic(join(runFolder, path), text, writing).catch(rejectAsHostFault(path))
}

function isText(mediaType: string): boolean {
  return /^text\/|[/+](?:json|xml)$/.test(mediaType)
}

async function readTail(path: string, size: number, maximum: number): Promise<Uint8Array> {
  const length = Math.min(size, maximum)
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

async function copyHashed(
  source: string,
  target: string,
  length: number,
  { sync = true }: WriteOptions,
): Promise<string> {
  const hash = createHash('sha256')
  const from = await open(source, 'r')
  try {
    const to = await open(target, 'w', 0o644)
    try {
      const piece = Buffer.alloc(PIECE)
      for (let at = 0; at < length;) {
        const { bytesRead } = await from.read(piece, 0, Math.min(PIECE, length - at), at)
        if (bytesRead === 0) break
        hash.update(piece.subarray(0, bytesRead))
        await to.write(piece, 0, bytesRead)
        at += bytesRead
      }
      if (sync) await to.sync()
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
  return hash.digest('hex')
}

function rejectAsHostFault(path: string): (error: unknown) => Promise<never> {
  return (error) => {
    if (error instanceof AppError) return Promise.reject(error)
    const { code, message } = error as NodeJS.ErrnoException
    const full = code === 'ENOSPC' || code === 'EDQUOT'
    return Promise.reject(
      new AppError(
        'EVIDENCE_WRITE',
        'host',
        full ? `no space left to save ${path}` : `cannot save ${path}: ${message}`,
        { hint: 'free space on the disk of the run folder, then run `ringzero resume`', cause: error },
      ),
    )
  }
}
