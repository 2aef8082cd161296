/**
 * Checkpoints: settled machines, saved while they run, that any number of attempts go on from. Kept beside the layers, each
 * under the hash of all that it depends on, and used only while every file has its hash.
 */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { hashJson, sha256File } from '../kit/hash.ts'
import { oneLine } from '../kit/text.ts'
import { AppError } from '../model/errors.ts'
import { CheckpointManifestSchema, type CheckpointManifest, type StoredFile } from '../model/image.ts'
import type { Context } from '../sdk/context.ts'
import type { SavedState } from '../sdk/provider.ts'
import { withFileLock } from './file-lock.ts'
import { checkFile, removeUnpinned } from './image-store.ts'
import { saveSettledMachine, type CheckpointParts } from './save-settled-machine.ts'
import { buildItem, itemFolder, itemLock, listItems, pinItem, sweepBuilding } from './store.ts'

export interface CheckpointRequest extends CheckpointParts {
  readonly image: string
  readonly store: string
}

export interface OpenCheckpoint {
  readonly manifest: CheckpointManifest
  readonly savedState: SavedState
  /** A machine did not go on from it as it should: it is not used again, the next request saves a new one. */
  invalidate(reason: string): Promise<void>
  release(): Promise<void>
}

/** Raised when a machine is settled, saved or asked after its restore in another way than before. */
const PROTOCOL_REVISION = 1
/** A host on which so many checkpoints in a row went bad restores none. */
const MAXIMUM_GENERATIONS = 10
/** In the folder of a checkpoint that was invalidated; holds the reason. */
const INVALIDATED_FILE = 'invalidated'

/**
 * The checkpoint of this machine, made if there is none, once over all processes of this computer.
 * @throws AppError HOST_CHECKPOINT with fault host when the machine does not settle or cannot be saved; what the provider throws
 */
export async function ensureCheckpoint(request: CheckpointRequest, ctx: Context): Promise<OpenCheckpoint> {
  const { store } = request
  const identity = await request.savedStates.identity(request, ctx)
  for (let generation = 1; generation <= MAXIMUM_GENERATIONS; generation += 1) {
    const key = keyOf(request, identity, generation)
    const pin = await pinItem(store, 'checkpoints', key)
    try {
      const opened = await withFileLock(itemLock(store, 'checkpoints', key), ctx, async () => {
        if (await isInvalidated(store, key)) return undefined
        const known = await openSealed(request, key, ctx)
        if (known !== undefined) return known
        await buildItem(store, 'checkpoints', key, (folder) => build(request, identity, key, folder, ctx))
        const built = await openSealed(request, key, ctx)
        if (built === undefined) throw new Error(`checkpoint ${key} is not there after it was made`)
        return built
      })
      if (opened !== undefined)
        return {
          ...opened,
          invalidate: async (reason) =>
            await writeFile(
              join(itemFolder(store, 'checkpoints', key), INVALIDATED_FILE),
              oneLine(reason, 1000),
            ),
          release: () => pin.release(),
        }
    } catch (error) {
      await pin.release()
      throw error
    }
    await pin.release()
  }
  throw new AppError(
    'HOST_CHECKPOINT',
    'host',
    `${MAXIMUM_GENERATIONS} checkpoints of this machine were invalidated`,
    {
      hint: 'this host does not restore machines: take "start: checkpoint" out of the stage, or fix the host and run "ringzero checkpoints prune"',
    },
  )
}

/** The checkpoints of a store, newest first. */
export async function listCheckpoints(
  store: string,
): Promise<readonly (CheckpointManifest & { readonly invalidated: boolean })[]> {
  const found: (CheckpointManifest & { invalidated: boolean })[] = []
  for (const key of await listItems(store, 'checkpoints')) {
    const manifest = await readManifest(store, key)
    if (manifest !== undefined) found.push({ ...manifest, invalidated: await isInvalidated(store, key) })
  }
  return found.toSorted((a, b) => b.savedAt - a.savedAt)
}

/** Removes checkpoints whose key `keep` does not name, and invalidated ones, unless a living process uses them. */
export async function pruneCheckpoints(
  store: string,
  keep: ReadonlySet<string>,
  ctx: Context,
): Promise<readonly CheckpointManifest[]> {
  await sweepBuilding(store)
  const removed: CheckpointManifest[] = []
  for (const { invalidated, ...manifest } of await listCheckpoints(store)) {
    const due = invalidated || !keep.has(manifest.key)
    if (due && (await removeUnpinned(store, 'checkpoints', manifest.key, ctx))) removed.push(manifest)
  }
  return removed
}

function keyOf(request: CheckpointRequest, identity: string, generation: number): string {
  const { source, profile, provider, host } = request
  return hashJson({
    revision: PROTOCOL_REVISION,
    parent: source.sha256,
    machine: profile,
    provider: provider.name,
    host,
    identity,
    generation,
  })
}

async function build(
  request: CheckpointRequest,
  identity: string,
  key: string,
  folder: string,
  ctx: Context,
): Promise<void> {
  const began = ctx.clock.now()
  const { state, facts } = await saveSettledMachine(request, key, folder, ctx)
  const disk = await storedFile(state.disk, folder)
  const memory = await storedFile(state.memory, folder)
  const further = await Promise.all((state.further ?? []).map((path) => storedFile(path, folder)))
  const manifest: CheckpointManifest = {
    schema: 'ringzero/checkpoint/1',
    key,
    sha256: hashJson({
      parent: request.source.sha256,
      disk: disk.sha256,
      memory: memory.sha256,
      further: further.map((file) => file.sha256),
    }),
    parent: request.source.sha256,
    image: request.image,
    products: request.products.map((product) => product.id),
    machine: request.profile,
    host: request.host,
    identity,
    savedAt: ctx.clock.now(),
    ...facts,
    disk,
    diskFormat: state.diskFormat,
    memory,
    further,
  }
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  ctx.log.log(
    'info',
    `saved a settled machine of "${request.image}" in ${((ctx.clock.now() - began) / 1000).toFixed(1)} s`,
  )
}

async function storedFile(path: string, folder: string): Promise<StoredFile> {
  return { path: relative(folder, path), sha256: await sha256File(path), bytes: (await stat(path)).size }
}

/** Undefined when there is none, or when a file of it is gone or differs from what was sealed. */
async function openSealed(
  { source, store }: CheckpointRequest,
  key: string,
  ctx: Context,
): Promise<Pick<OpenCheckpoint, 'manifest' | 'savedState'> | undefined> {
  const manifest = await readManifest(store, key)
  if (manifest === undefined || manifest.parent !== source.sha256) return undefined
  const folder = itemFolder(store, 'checkpoints', key)
  const what = `checkpoint ${key.slice(0, 12)}`
  try {
    const disk = await checkFile(manifest.disk, folder, what)
    const memory = await checkFile(manifest.memory, folder, what)
    const further: string[] = []
    for (const file of manifest.further) further.push(await checkFile(file, folder, what))
    return { manifest, savedState: { disk, diskFormat: manifest.diskFormat, memory, further } }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    ctx.log.log('warn', `a damaged checkpoint is made again: ${reason}`)
    return undefined
  }
}

async function isInvalidated(store: string, key: string): Promise<boolean> {
  return await stat(join(itemFolder(store, 'checkpoints', key), INVALIDATED_FILE)).then(
    () => true,
    () => false,
  )
}

async function readManifest(store: string, key: string): Promise<CheckpointManifest | undefined> {
  try {
    const text = await readFile(join(itemFolder(store, 'checkpoints', key), 'manifest.json'), 'utf8')
    const manifest = CheckpointManifestSchema.parse(JSON.parse(text))
    return manifest.key === key ? manifest : undefined
  } catch {
    return undefined
  }
}
