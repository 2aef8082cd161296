/**
 * Sealed files on an engine elsewhere: each is a volume that its sha256 names, filled once and shown read-only to all
 * machines. A volume counts as filled when the engine's side has found the hash again.
 */
import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type Dockerode from 'dockerode'
import tar from 'tar-stream'
import { z } from 'zod'
import { systemClock } from '../../../kit/clock.ts'
import { writeFileAtomic } from '../../../kit/files.ts'
import { sha256, sha256File } from '../../../kit/hash.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import { LABELS, type VolumeMount } from './container-settings.ts'
import { engineFault, statusOf } from './engine-fault.ts'
import { runInside } from './run-container.ts'
import type { RunnerContainers } from './runner-containers.ts'

/** Where containers see the volumes of sealed files: one folder each, with one file of this name. */
const LAYERS = '/ringzero/layers'
const LAYER_FILE = 'data'
const PREFIX = 'ringzero-layer-'
/** A file that no machine has used for so long gives its volume up. */
const KEPT_MS = 14 * 24 * 3_600_000
/** sha256 of what was pushed: 200 MiB/s are slow. */
const CHECK_MS = 1_800_000

const SeenSchema = z.object({
  size: z.number(),
  modified: z.number(),
  inode: z.number(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  usedAt: z.number(),
})

/** A sealed file as containers see it. */
export interface PlacedLayer {
  readonly mount: VolumeMount
  /** Absolute path in the container. */
  readonly path: string
}

export class LayerVolumes {
  readonly #containers: RunnerContainers
  readonly #filled = new Map<string, Promise<void>>()

  constructor(containers: RunnerContainers) {
    this.#containers = containers
  }

  /**
   * Gives the engine what it does not have of these files. `owner`: `uid:gid` that reads them there.
   * @returns by path @throws AppError HOST_IMAGE_MISSING, HOST_DISK_FULL, HOST_CONTAINER, HOST_ENGINE
   */
  async place(paths: readonly string[], owner: string): Promise<ReadonlyMap<string, PlacedLayer>> {
    const hashes = new Map<string, string>()
    for (const path of paths) hashes.set(path, await this.#hashOf(path))
    const missing = new Map<string, string>()
    for (const [path, hash] of hashes) if (!this.#filled.has(hash)) missing.set(hash, path)
    if (missing.size > 0) {
      const filling = this.#fill(missing, owner)
      for (const hash of missing.keys()) {
        this.#filled.set(hash, filling)
        filling.catch(() => this.#filled.delete(hash))
      }
    }
    await Promise.all([...hashes.values()].map(async (hash) => await this.#filled.get(hash)))
    return new Map([...hashes].map(([path, hash]) => [path, placed(hash)]))
  }

  /** Somebody removed these volumes meanwhile: they are looked for again. */
  forget(): void {
    this.#filled.clear()
  }

  /**
   * Removes volumes that this state folder filled, that no container uses, and whose file was not used for two weeks, or
   * with `all` any of them. @returns names
   */
  async prune(all: boolean): Promise<readonly string[]> {
    const lastUse = await this.#lastUses()
    const removed: string[] = []
    for (const { Name: name, Labels: labels } of await this.#containers.listVolumes({
      [LABELS.part]: 'layer',
    })) {
      const hash = labels[LABELS.layer] ?? ''
      if (!all && (lastUse.get(hash) ?? 0) > systemClock.now() - KEPT_MS) continue
      try {
        await this.#containers.engine.getVolume(name).remove()
        this.#filled.delete(hash)
        removed.push(name)
      } catch (error) {
        // In use, or removed by somebody else.
        if (statusOf(error) !== 409 && statusOf(error) !== 404)
          throw engineFault('a volume could not be removed', error)
      }
    }
    return removed
  }

  /** Looks into all these volumes by one container, and fills those that are not whole. */
  async #fill(files: ReadonlyMap<string, string>, owner: string): Promise<void> {
    const { engine } = this.#containers
    const ownerId = await this.#containers.ownerId()
    for (const hash of files.keys()) {
      const labels = { [LABELS.owner]: ownerId, [LABELS.part]: 'layer', [LABELS.layer]: hash }
      await engine.createVolume({ Name: PREFIX + hash, Labels: labels }).catch((error: unknown) => {
        throw engineFault('a volume could not be made', error)
      })
    }
    const volumes = [...files.keys()].map((hash) => ({ ...placed(hash).mount, readOnly: false }))
    // The owner of a volume's folder is root, who has no capabilities here.
    await this.#containers.inQuestion({ user: '0:0', volumes }, async (container) => {
      const { stdout } = await runInside(
        engine,
        container,
        'sh',
        ['-c', 'cd "$1" && for h in *; do [ -e "$h/complete" ] && echo "$h"; done; true', 'sh', LAYERS],
        undefined,
        { timeoutMs: CHECK_MS },
      )
      const complete = new Set(stdout.toString('utf8').split('\n'))
      for (const [hash, path] of files)
        if (!complete.has(hash)) await pushFile(engine, container, hash, path, owner)
    })
    await this.prune(false).catch(() => undefined)
  }

  /** Sealed files do not change: a file that looks as before has the same hash. */
  async #hashOf(path: string): Promise<string> {
    const facts = await stat(path).catch((error: unknown) => {
      throw new AppError('HOST_IMAGE_MISSING', 'host', `${path} cannot be read`, {
        cause: error,
        hint: 'build the image or layer again (ringzero images build, ringzero layers build), then resume the run',
      })
    })
    const file = join(this.#folder, `${sha256(path).slice(0, 32)}.json`)
    const seen = await readSeen(file)
    const known =
      seen?.size === facts.size && seen.modified === facts.mtimeMs && seen.inode === facts.ino
        ? seen.sha256
        : await sha256File(path)
    await mkdir(this.#folder, { recursive: true })
    await writeFileAtomic(
      file,
      JSON.stringify({
        size: facts.size,
        modified: facts.mtimeMs,
        inode: facts.ino,
        sha256: known,
        usedAt: systemClock.now(),
      }),
    )
    return known
  }

  async #lastUses(): Promise<ReadonlyMap<string, number>> {
    const uses = new Map<string, number>()
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const seen = await readSeen(join(this.#folder, name))
      if (seen !== undefined) uses.set(seen.sha256, Math.max(seen.usedAt, uses.get(seen.sha256) ?? 0))
    }
    return uses
  }

  get #folder(): string {
    return join(this.#containers.stateFolder, 'placed-layers')
  }
}

function placed(hash: string): PlacedLayer {
  const target = `${LAYERS}/${hash}`
  return { mount: { volume: PREFIX + hash, target, readOnly: true }, path: `${target}/${LAYER_FILE}` }
}

async function readSeen(file: string): Promise<z.output<typeof SeenSchema> | undefined> {
  try {
    return SeenSchema.safeParse(JSON.parse(await readFile(file, 'utf8'))).data
  } catch {
    return undefined
  }
}

/** As a stream: the file is never whole in memory. It gets its name only when its hash was found on the other side. */
async function pushFile(
  engine: Dockerode,
  container: Dockerode.Container,
  hash: string,
  path: string,
  owner: string,
): Promise<void> {
  const folder = `${LAYERS}/${hash}`
  const part = `part-${randomUUID()}`
  const [uid = 0, gid = 0] = owner.split(':').map(Number)
  const { size } = await stat(path)
  const pack = tar.pack()
  const entry = pack.entry({ name: part, size, mode: 0o400, uid, gid, mtime: new Date(0) })
  const read = pipeline(createReadStream(path), entry).then(() => pack.finalize())
  read.catch((error: unknown) => pack.destroy(error as Error))
  try {
    await container.putArchive(pack, { path: folder })
    await read
    const run = async (user: string, ...command: readonly [string, ...string[]]): Promise<string> => {
      const [program, ...words] = command
      const done = await runInside(engine, container, program, words, folder, { timeoutMs: CHECK_MS, user })
      if (done.exitCode !== 0) throw new Error(oneLine(done.stderr.toString('utf8'), 300))
      return done.stdout.toString('utf8')
    }
    // Root has no capabilities there: a file that is its owner's alone it can name, but not read.
    const arrived = (await run(owner, 'sha256sum', part)).slice(0, 64)
    if (arrived !== hash) throw new Error(`what arrived has another hash (${oneLine(arrived, 64)})`)
    await run('0:0', 'sh', '-c', 'mv -f "$1" "$2" && echo "$3" >complete', 'sh', part, LAYER_FILE, hash)
  } catch (error) {
    throw engineFault(`${basename(path)} could not be given to the engine`, error)
  }
}
