/** Images, layers and checkpoints of a lab's store: built, listed, pruned. */
import { join } from 'node:path'
import { AppError } from '../model/errors.ts'
import { nearestWord } from '../kit/nearest-word.ts'
import type { CheckpointManifest, ImageManifest, LayerManifest } from '../model/image.ts'
import type { LabImage } from '../model/lab.ts'
import type { Context } from '../sdk/context.ts'
import { buildImage } from '../lab/build-image.ts'
import { buildProvidedImage } from '../lab/build-provided-image.ts'
import { findImage, listImages, openImage, pruneImages } from '../lab/image-store.ts'
import { listCheckpoints, pruneCheckpoints } from '../lab/checkpoints.ts'
import { listLayers, pruneLayers } from '../lab/layers.ts'
import { addLayers } from './cell-layers.ts'
import { openLab, type OpenLab } from './open-lab.ts'

export interface StoredDisks {
  /** With the title that the lab gives them. */
  readonly images: readonly (ImageManifest & { readonly title?: string })[]
  readonly layers: readonly LayerManifest[]
  readonly checkpoints: readonly (CheckpointManifest & { readonly invalidated: boolean })[]
}

/** What the store of this lab holds. */
export async function listStoredDisks(labFile: string, ctx: Context): Promise<StoredDisks> {
  const { lab } = await openLab(labFile, ctx)
  return {
    images: (await listImages(lab.storeFolder)).map((image) => {
      const title = lab.images?.find(({ id }) => id === image.id)?.title
      return { ...image, ...(title === undefined ? {} : { title }) }
    }),
    layers: await listLayers(lab.storeFolder),
    checkpoints: await listCheckpoints(lab.storeFolder),
  }
}

/** Removes images that no entry of the lab would build today. What a run uses stays. @returns what was removed */
export async function pruneStoredImages(labFile: string, ctx: Context): Promise<readonly string[]> {
  const { lab } = await openLab(labFile, ctx)
  const current = await Promise.all((lab.images ?? []).map((image) => findImage(image, lab.storeFolder)))
  const keep = new Set(current.flatMap((manifest) => (manifest === undefined ? [] : [manifest.key])))
  return (await pruneImages(lab.storeFolder, keep, ctx)).map(({ id, key }) => `${id} ${key.slice(0, 12)}`)
}

/** Removes layers of products that the lab has not, or has in another release. What a run uses stays. @returns what was removed */
export async function pruneStoredLayers(labFile: string, ctx: Context): Promise<readonly string[]> {
  const { lab, products } = await openLab(labFile, ctx)
  const layers = await listLayers(lab.storeFolder)
  const keep = new Set(
    layers
      .filter(({ product }) => products.get(product.id)?.release === product.release)
      .map(({ key }) => key),
  )
  return (await pruneLayers(lab.storeFolder, keep, ctx)).map(
    ({ product, key }) => `${product.id} ${key.slice(0, 12)}`,
  )
}

/**
 * Removes checkpoints that were invalidated or that stand on an image or layer which the store no longer has; with `all` the
 * others, too. What a run uses stays. @returns what was removed
 */
export async function pruneStoredCheckpoints(
  labFile: string,
  all: boolean,
  ctx: Context,
): Promise<readonly string[]> {
  const { lab } = await openLab(labFile, ctx)
  const { images, layers, checkpoints } = await listStoredDisks(labFile, ctx)
  const below = new Set([...images, ...layers].map(({ sha256 }) => sha256))
  const keep = new Set(checkpoints.filter(({ parent }) => !all && below.has(parent)).map(({ key }) => key))
  return (await pruneCheckpoints(lab.storeFolder, keep, ctx)).map(
    ({ image, products, key }) => `${[image, ...products].join(' + ')} ${key.slice(0, 12)}`,
  )
}

export interface BuiltImages {
  readonly images: readonly ImageManifest[]
  /** Images of hosts, by name, with what names their content. */
  readonly hostImages: readonly { readonly name: string; readonly host: string; readonly content: string }[]
}

/**
 * Builds the named images of guests and hosts, or all of the lab.
 * @throws AppError fault user for an unknown name, host when something cannot be built
 */
export async function buildStoredImages(
  labFile: string,
  names: readonly string[],
  ctx: Context,
): Promise<BuiltImages> {
  const opened = await openLab(labFile, ctx)
  const ofHosts = opened.hosts.flatMap(({ host, provider }) =>
    (provider.hostImages ?? []).map((image) => ({ host: host.name, image })),
  )
  const ofGuests = names.filter((name) => !ofHosts.some(({ image }) => image.name === name))
  const images: ImageManifest[] = []
  if (names.length === 0 || ofGuests.length > 0)
    for (const image of chosenImages(opened, ofGuests)) images.push(await buildOne(opened, image, ctx))
  const hostImages: BuiltImages['hostImages'][number][] = []
  for (const { host, image } of ofHosts)
    if (names.length === 0 || names.includes(image.name))
      hostImages.push({ name: image.name, host, content: await image.build(ctx) })
  return { images, hostImages }
}

async function buildOne(opened: OpenLab, image: LabImage, ctx: Context): Promise<ImageManifest> {
  const { lab, hosts } = opened
  const builder = hosts
    .map(({ provider }) => provider.images)
    .find((images) => images?.kinds.includes(image.kind))
  if (builder !== undefined) return await buildProvidedImage(image, lab.folder, lab.storeFolder, builder, ctx)
  if (image.kind !== 'windows') return await buildImage(image, lab.folder, lab.storeFolder, ctx)
  throw new AppError(
    'LAB_HOST',
    'user',
    `the image "${image.id}" is of kind ${image.kind}, and no host of the lab builds such images`,
    {
      where: { file: lab.file, field: 'hosts' },
      hint: 'add a host whose provider builds them (see docs/windows.md), or give a finished disk with kind: disk',
    },
  )
}

/**
 * What a build of these images, or of all that can be rehearsed, would run, as lines for a person; nothing is run.
 * @throws AppError fault user for an unknown name, or an image that no host of the lab can rehearse
 */
export async function rehearseStoredImages(
  labFile: string,
  names: readonly string[],
  ctx: Context,
): Promise<readonly string[]> {
  const opened = await openLab(labFile, ctx)
  const { lab, hosts } = opened
  const lines: string[] = []
  for (const image of chosenImages(opened, names)) {
    const builder = hosts
      .map(({ provider }) => provider.images)
      .find((images) => images?.kinds.includes(image.kind) === true && images.rehearse !== undefined)
    if (builder !== undefined)
      lines.push(
        ...((await builder.rehearse?.(image, lab.folder, join(lab.storeFolder, 'image-builds'))) ?? []),
      )
    else if (names.length > 0) {
      throw new AppError(
        'USAGE',
        'user',
        `a build of image "${image.id}" (kind ${image.kind}) cannot be rehearsed`,
        {
          hint: 'name an image of kind windows, in a lab with a host that builds it',
        },
      )
    }
  }
  return lines
}

/**
 * Installs products, in this order, on an image and seals the layers. Nothing is built twice.
 * @throws AppError fault user for an unknown name, host when a product does not install or never gets healthy
 */
export async function buildStoredLayers(
  labFile: string,
  image: string,
  products: readonly string[],
  ctx: Context,
): Promise<string> {
  const opened = await openLab(labFile, ctx)
  const [wanted] = chosenImages(opened, [image])
  const unknown = products.find((product) => !opened.products.has(product))
  const absent = opened.absent.find(({ id }) => id === unknown)
  if (absent !== undefined) {
    throw new AppError('PRODUCT_ABSENT', 'user', `product "${absent.id}" is not in place`, {
      hint: `in ${absent.folder}: ${absent.lacking.join('; ')}`,
    })
  }
  if (unknown !== undefined) throw unknownName('product', unknown, [...opened.products.keys()])
  const parts = opened.hosts.find(
    ({ provider }) => wanted !== undefined && provider.capabilities.os.includes(wanted.os),
  )
  if (wanted === undefined || parts === undefined) {
    throw new AppError('LAB_HOST', 'user', `no host of the lab runs the image "${image}"`, {
      hint: 'add a host whose provider does',
    })
  }
  const manifest = (await buildStoredImages(labFile, [image], ctx)).images[0]
  if (manifest === undefined) throw new AppError('BUG_IMAGE', 'tool', `the image "${image}" was not built`)
  const base = await openImage(wanted, opened.lab.storeFolder)
  const layered = await addLayers(
    { opened, parts, manifest, base, cell: { image, products: [...products], os: wanted.os } },
    ctx,
  )
  await layered.release()
  return layered.source.sha256
}

function chosenImages({ lab }: OpenLab, names: readonly string[]): readonly LabImage[] {
  const images = lab.images ?? []
  const known = images.map((image) => image.id)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw unknownName('image', unknown, known)
  return names.length === 0 ? images : images.filter((image) => names.includes(image.id))
}

function unknownName(what: string, name: string, known: readonly string[]): AppError {
  const near = nearestWord(name, known)
  return new AppError('NAME_UNKNOWN', 'user', `the lab has no ${what} "${name}"`, {
    hint: near === undefined ? `use some of: ${known.join(', ')}` : `did you mean "${near}"?`,
  })
}
