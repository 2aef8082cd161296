/** Builds an image of the lab, once: the same inputs are never built twice, and what is half built is never used. */
import { chmod, stat, writeFile } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import { hashJson, sha256File } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import type { ImageManifest, StoredFile } from '../model/image.ts'
import type { LabImage } from '../model/lab.ts'
import type { Context } from '../sdk/context.ts'
import { withFileLock } from './file-lock.ts'
import { imageRecipe } from './image-recipe.ts'
import { findImage, listImages } from './image-store.ts'
import { buildLinuxMicro, linuxMicroInputs } from './linux-micro/build-linux-micro.ts'
import { buildItem, itemLock } from './store.ts'

type Draft = Omit<ImageManifest, 'sha256' | 'schema'>

/**
 * Builds the image, or finds it built from the same inputs. `labFolder` is where relative paths of the lab start.
 * @throws AppError fault user for a wrong entry of the lab, HOST_PACKAGES, HOST_IMAGE and others with fault host
 */
export async function buildImage(
  image: LabImage,
  labFolder: string,
  store: string,
  ctx: Context,
): Promise<ImageManifest> {
  const recipe = await imageRecipe(image)
  if (image.kind === 'windows')
    throw new AppError('LAB_IMAGE_BUILD', 'user', `image "${image.id}" is not in the store`, {
      hint: `build it with \`ringzero images build ${image.id}\`, or give a finished disk with kind: disk`,
    })
  const inputs = image.kind === 'linux-micro' ? await linuxMicroInputs(image, ctx) : undefined
  const given = inputs === undefined ? await givenDisk(image, labFolder) : undefined
  const key = hashJson({ id: image.id, recipe, inputs: inputs?.packages ?? given?.sha256 })
  return await withFileLock(itemLock(store, 'images', key), ctx, async () => {
    const built = (await listImages(store)).find((manifest) => manifest.key === key)
    if (built !== undefined) return built
    const began = ctx.clock.now()
    const manifest = await buildItem(store, 'images', key, async (folder) => {
      const draft = { id: image.id, kind: image.kind, os: image.os, recipe, key, builtAt: began }
      const whole =
        inputs === undefined
          ? diskDraft(draft, image, given)
          : await linuxMicroDraft(
              draft,
              await buildLinuxMicro(inputs, folder, join(store, 'packages'), ctx),
              folder,
            )
      return await sealManifest(whole, folder)
    })
    ctx.log.log('info', `built image "${image.id}" in ${((ctx.clock.now() - began) / 1000).toFixed(1)} s`)
    return manifest
  })
}

/** The built image of this entry, built now if need be. Throws as buildImage. */
export async function ensureImage(
  image: LabImage,
  labFolder: string,
  store: string,
  ctx: Context,
): Promise<ImageManifest> {
  return (await findImage(image, store)) ?? (await buildImage(image, labFolder, store, ctx))
}

async function linuxMicroDraft(
  base: Omit<Draft, 'disk' | 'diskFormat' | 'partition' | 'facts'>,
  guest: Awaited<ReturnType<typeof buildLinuxMicro>>,
  folder: string,
): Promise<Draft> {
  return {
    ...base,
    disk: await storedFile(folder, guest.disk),
    diskFormat: 'qcow2',
    partition: 'whole-disk',
    kernel: {
      image: await storedFile(folder, guest.kernel),
      uefiImage: await storedFile(folder, guest.uefiKernel),
      initrd: await storedFile(folder, guest.initrd),
      commandLine: guest.commandLine,
      safeCommandLine: guest.safeCommandLine,
    },
    facts: guest.facts,
  }
}

const FORMATS: Readonly<Record<string, ImageManifest['diskFormat']>> = {
  '.qcow2': 'qcow2',
  '.raw': 'raw',
  '.img': 'raw',
  '.vhdx': 'vhdx',
}

async function givenDisk(image: LabImage, labFolder: string): Promise<StoredFile> {
  const path = resolve(labFolder, image.path ?? '')
  const found = await stat(path).catch(() => undefined)
  const where = { file: 'lab.yaml', field: `images.${image.id}.path` }
  if (found === undefined || !found.isFile())
    throw new AppError('LAB_IMAGE_PATH', 'user', `image "${image.id}": there is no file ${path}`, {
      hint: 'correct the path; relative ones start at the lab file’s folder',
      where,
    })
  if (FORMATS[extname(path)] === undefined)
    throw new AppError(
      'LAB_IMAGE_PATH',
      'user',
      `image "${image.id}": ${basename(path)} is no known disk format`,
      {
        hint: `name it by its format: ${Object.keys(FORMATS).join(', ')}`,
        where,
      },
    )
  return { path, absolute: true, sha256: await sha256File(path), bytes: found.size }
}

function diskDraft(
  base: Omit<Draft, 'disk' | 'diskFormat' | 'partition' | 'facts'>,
  image: LabImage,
  disk: StoredFile | undefined,
): Draft {
  if (disk === undefined) throw new AppError('BUG_IMAGE', 'tool', `image "${image.id}" has no disk`)
  return {
    ...base,
    disk,
    diskFormat: FORMATS[extname(disk.path)] ?? 'raw',
    partition: 'auto',
    ...(image.credentials === undefined
      ? {}
      : { credentials: { user: image.credentials.user, secret: image.credentials.password } }),
    facts: {},
  }
}

/** Makes the files read-only and writes the manifest with the hash of the whole content. */
async function sealManifest(draft: Draft, folder: string): Promise<ImageManifest> {
  const content = {
    disk: draft.disk.sha256,
    kernel: draft.kernel,
    os: draft.os,
    partition: draft.partition,
  }
  const manifest: ImageManifest = { schema: 'ringzero/image/1', ...draft, sha256: hashJson(content) }
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  return manifest
}

async function storedFile(folder: string, name: string): Promise<StoredFile> {
  const path = join(folder, name)
  await chmod(path, 0o444)
  return { path: name, sha256: await sha256File(path), bytes: (await stat(path)).size }
}
