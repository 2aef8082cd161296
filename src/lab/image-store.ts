/** Built images: found, hash-checked, pinned while in use, listed and pruned. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256File } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import { ImageManifestSchema, type ImageManifest, type StoredFile } from '../model/image.ts'
import type { LabImage } from '../model/lab.ts'
import type { BootSource } from '../sdk/provider.ts'
import type { Context } from '../sdk/context.ts'
import { withFileLock } from './file-lock.ts'
import {
  isPinned,
  itemFolder,
  itemLock,
  listItems,
  pinItem,
  removeItem,
  sweepBuilding,
  type StoreShelf,
} from './store.ts'
import { imageRecipe } from './image-recipe.ts'

/** Something bootable that is not removed until it is released. */
export interface OpenSource {
  readonly source: BootSource
  release(): Promise<void>
}

/** The images of a store, newest first; folders without a readable manifest are left out. */
export async function listImages(store: string): Promise<readonly ImageManifest[]> {
  const found: ImageManifest[] = []
  for (const key of await listItems(store, 'images')) {
    const manifest = await readManifest(store, key)
    if (manifest !== undefined) found.push(manifest)
  }
  return found.toSorted((a, b) => b.builtAt - a.builtAt)
}

/** The newest image that was built for this entry of the lab by today's recipe; undefined when there is none. */
export async function findImage(image: LabImage, store: string): Promise<ImageManifest | undefined> {
  const recipe = await imageRecipe(image)
  return (await listImages(store)).find((manifest) => manifest.id === image.id && manifest.recipe === recipe)
}

/**
 * Checks every file against its hash and pins the image.
 * @throws AppError HOST_IMAGE_MISSING when it was not built, HOST_IMAGE_DAMAGED when a file is gone or differs
 */
export async function openImage(image: LabImage, store: string): Promise<OpenSource> {
  const manifest = await findImage(image, store)
  if (manifest === undefined)
    throw new AppError('HOST_IMAGE_MISSING', 'host', `image "${image.id}" is not built`, {
      hint: `build it: ringzero images build ${image.id}`,
    })
  const pin = await pinItem(store, 'images', manifest.key)
  try {
    return { source: await checkedSource(manifest, store), release: () => pin.release() }
  } catch (error) {
    await pin.release()
    throw error
  }
}

/** Removes images that `keep` does not name and that no living process uses. Returns their ids and keys. */
export async function pruneImages(
  store: string,
  keep: ReadonlySet<string>,
  ctx: Context,
): Promise<readonly { readonly id: string; readonly key: string }[]> {
  await sweepBuilding(store)
  const removed: { id: string; key: string }[] = []
  for (const manifest of await listImages(store)) {
    if (keep.has(manifest.key)) continue
    if (await removeUnpinned(store, 'images', manifest.key, ctx))
      removed.push({ id: manifest.id, key: manifest.key })
  }
  return removed
}

/** Removes one item unless somebody uses it. Returns whether it is gone. */
export async function removeUnpinned(
  store: string,
  shelf: StoreShelf,
  key: string,
  ctx: Context,
): Promise<boolean> {
  return await withFileLock(itemLock(store, shelf, key), ctx, async () => {
    if (await isPinned(store, shelf, key)) return false
    await removeItem(store, shelf, key)
    return true
  })
}

/** Full paths and the way to start; every file was read and has the hash that the manifest gives. @throws AppError HOST_IMAGE_DAMAGED */
async function checkedSource(manifest: ImageManifest, store: string): Promise<BootSource> {
  const folder = itemFolder(store, 'images', manifest.key)
  const check = (file: StoredFile): Promise<string> => checkFile(file, folder, `image "${manifest.id}"`)
  const { kernel } = manifest
  const disk = await check(manifest.disk)
  return {
    sha256: manifest.sha256,
    os: manifest.os,
    disk,
    diskFormat: manifest.diskFormat,
    partition: manifest.partition,
    ...(manifest.credentials === undefined ? {} : { credentials: manifest.credentials }),
    ...(kernel === undefined
      ? {}
      : {
          kernel: {
            path: await check(kernel.image),
            ...(kernel.uefiImage === undefined ? {} : { uefiPath: await check(kernel.uefiImage) }),
            ...(kernel.initrd === undefined ? {} : { initrd: await check(kernel.initrd) }),
            commandLine: kernel.commandLine,
            safeCommandLine: kernel.safeCommandLine,
          },
        }),
  }
}

/** Absolute path of a stored file after its content was compared with its hash. @throws AppError HOST_IMAGE_DAMAGED */
export async function checkFile(file: StoredFile, folder: string, what: string): Promise<string> {
  const path = file.absolute === true ? file.path : join(folder, file.path)
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  )
  if (size === undefined) throw damaged(what, `${path} is missing`)
  if (size !== file.bytes || (await sha256File(path)) !== file.sha256)
    throw damaged(what, `${path} is not the file that was sealed`)
  return path
}

function damaged(what: string, message: string): AppError {
  return new AppError('HOST_IMAGE_DAMAGED', 'host', `${what}: ${message}`, {
    hint: 'remove it with "ringzero images prune --all" and build it again',
  })
}

async function readManifest(store: string, key: string): Promise<ImageManifest | undefined> {
  try {
    const text = await readFile(join(itemFolder(store, 'images', key), 'manifest.json'), 'utf8')
    const manifest = ImageManifestSchema.parse(JSON.parse(text))
    return manifest.key === key ? manifest : undefined
  } catch {
    return undefined
  }
}
