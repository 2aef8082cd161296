/** An image that a provider builds: found in the store by its inputs, or built in a folder that outlives a kill, and sealed. */
import { chmod, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashJson, sha256File } from '../kit/hash.ts'
import type { ImageManifest } from '../model/image.ts'
import type { LabImage } from '../model/lab.ts'
import type { Context } from '../sdk/context.ts'
import type { BuiltDisk, ImageBuilder } from '../sdk/image-builder.ts'
import { withFileLock } from './file-lock.ts'
import { imageRecipe } from './image-recipe.ts'
import { listImages } from './image-store.ts'
import { buildItem, itemLock } from './store.ts'

/**
 * The image of this lab entry, built now unless the store has it. `labFolder` is where relative paths of the lab start.
 * @throws AppError fault user for a wrong entry, host when the building failed
 */
export async function buildProvidedImage(
  image: LabImage,
  labFolder: string,
  store: string,
  builder: ImageBuilder,
  ctx: Context,
): Promise<ImageManifest> {
  const prepared = await builder.prepare(image, labFolder)
  const recipe = await imageRecipe(image)
  const key = hashJson({ id: image.id, recipe, inputs: prepared.key })
  return await withFileLock(itemLock(store, 'images', key), ctx, async () => {
    const stored = (await listImages(store)).find((entry) => entry.key === key)
    if (stored !== undefined) return stored
    const folder = join(store, 'image-builds', key.slice(0, 16))
    await mkdir(folder, { recursive: true })
    const built = await prepared.build(folder, ctx)
    const manifest = await seal({ image, recipe, key, built, folder }, store, ctx)
    await rm(folder, { recursive: true, force: true })
    return manifest
  })
}

async function seal(
  {
    image,
    recipe,
    key,
    built,
    folder,
  }: {
    readonly image: LabImage
    readonly recipe: string
    readonly key: string
    readonly built: BuiltDisk
    readonly folder: string
  },
  store: string,
  ctx: Context,
): Promise<ImageManifest> {
  return await buildItem(store, 'images', key, async (target) => {
    const path = join(target, built.disk)
    await rename(join(folder, built.disk), path)
    await chmod(path, 0o444)
    const sha256 = await sha256File(path)
    const content = { disk: sha256, kernel: undefined, os: image.os, partition: built.partition }
    const manifest: ImageManifest = {
      schema: 'ringzero/image/1',
      id: image.id,
      kind: image.kind,
      os: image.os,
      recipe,
      key,
      sha256: hashJson(content),
      builtAt: ctx.clock.now(),
      disk: { path: built.disk, sha256, bytes: (await stat(path)).size },
      diskFormat: built.diskFormat,
      partition: built.partition,
      ...(image.credentials === undefined
        ? {}
        : { credentials: { user: image.credentials.user, secret: image.credentials.password } }),
      facts: built.facts,
    }
    await writeFile(join(target, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
    return manifest
  })
}
