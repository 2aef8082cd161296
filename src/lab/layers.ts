/** Layers: products installed once into a sealed, settled disk on top of an image, shared read-only by all cells. */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashJson, sha256File } from '../kit/hash.ts'
import { LayerManifestSchema, type ImageManifest, type LayerManifest } from '../model/image.ts'
import type { LoadedProduct } from '../model/product.ts'
import type { BootSource } from '../sdk/provider.ts'
import type { Context } from '../sdk/context.ts'
import { withFileLock } from './file-lock.ts'
import { checkFile, removeUnpinned, type OpenSource } from './image-store.ts'
import { installLayer, type LayerParts } from './install-layer.ts'
import { prepareProduct } from './kernel-module.ts'
import { buildItem, itemFolder, itemLock, listItems, pinItem, sweepBuilding } from './store.ts'

/** Raised when a layer of the same product would come out differently. */
const BUILDER_REVISION = 2

export interface LayerRequest extends LayerParts {
  /** The opened image; released with the result, or by the caller when this rejects. */
  readonly base: OpenSource
  readonly manifest: ImageManifest
  /** In the order of their installation: each is a layer of its own. */
  readonly products: readonly LoadedProduct[]
  readonly store: string
}

/**
 * The image with its products: layers that exist are checked and used, others are built, each only once over all
 * processes of this computer.
 * @throws AppError HOST_LAYER with fault host when a product does not install or never gets healthy; what the provider,
 *   the preparation of a product and the guest's channel throw
 */
export async function ensureLayers(request: LayerRequest, ctx: Context): Promise<OpenSource> {
  let source = request.base.source
  const releases = [() => request.base.release()]
  try {
    for (const plain of request.products) {
      if (plain.kind === 'built-in') continue
      const product = await prepareProduct(plain, request.manifest, request.store, ctx)
      const open = await ensureLayer(source, product, request, ctx)
      releases.unshift(() => open.release())
      source = open.source
    }
  } catch (error) {
    // The base stays the caller's.
    for (const release of releases.slice(0, -1)) await release()
    throw error
  }
  return {
    source,
    release: async () => {
      for (const release of releases) await release()
    },
  }
}

/** One product on top of a source. */
async function ensureLayer(
  below: BootSource,
  product: LoadedProduct,
  request: LayerRequest,
  ctx: Context,
): Promise<OpenSource> {
  const { store } = request
  const key = hashJson({
    revision: BUILDER_REVISION,
    parent: below.sha256,
    product: product.sha256,
    ...(request.profile === undefined ? {} : { profile: request.profile }),
  })
  const pin = await pinItem(store, 'layers', key)
  try {
    const source = await withFileLock(itemLock(store, 'layers', key), ctx, async () => {
      const known = await openLayer(below, key, store, ctx)
      if (known !== undefined) return known
      await buildItem(store, 'layers', key, (folder) => buildLayer(below, product, key, folder, request, ctx))
      const built = await openLayer(below, key, store, ctx)
      if (built === undefined) throw new Error(`layer ${key} is not there after it was built`)
      return built
    })
    return { source, release: () => pin.release() }
  } catch (error) {
    await pin.release()
    throw error
  }
}

/** The sealed layer, its file checked against its hash; undefined when there is none or when it is damaged. */
async function openLayer(
  below: BootSource,
  key: string,
  store: string,
  ctx: Context,
): Promise<BootSource | undefined> {
  const manifest = await readLayer(store, key)
  if (manifest === undefined || manifest.parent !== below.sha256) return undefined
  try {
    const disk = await checkFile(manifest.disk, itemFolder(store, 'layers', key), `layer ${key.slice(0, 12)}`)
    const owned = { ...below.owned, [manifest.product.id]: manifest.owned ?? [] }
    return { ...below, sha256: manifest.sha256, disk, diskFormat: manifest.diskFormat, owned }
  } catch (error) {
    ctx.log.log(
      'warn',
      `a damaged layer is built again: ${error instanceof Error ? error.message : String(error)}`,
    )
    return undefined
  }
}

async function buildLayer(
  below: BootSource,
  product: LoadedProduct,
  key: string,
  folder: string,
  request: LayerRequest,
  ctx: Context,
): Promise<void> {
  const began = ctx.clock.now()
  const sealed = await installLayer({ below, product, key, folder }, request, ctx)
  const disk = {
    path: sealed.path.slice(folder.length + 1),
    sha256: await sha256File(sealed.path),
    bytes: (await stat(sealed.path)).size,
  }
  const manifest: LayerManifest = {
    schema: 'ringzero/layer/1',
    key,
    sha256: hashJson({ parent: below.sha256, disk: disk.sha256 }),
    parent: below.sha256,
    product: { id: product.id, release: product.release, sha256: product.sha256 },
    ...(sealed.owned === undefined ? {} : { owned: sealed.owned }),
    builtAt: began,
    disk,
    diskFormat: sealed.format,
    facts: { provider: request.provider.name, seconds: Math.round((ctx.clock.now() - began) / 1000) },
  }
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  ctx.log.log(
    'info',
    `sealed a layer with "${product.id}" in ${((ctx.clock.now() - began) / 1000).toFixed(1)} s`,
  )
}

/** The layers of a store, newest first. */
export async function listLayers(store: string): Promise<readonly LayerManifest[]> {
  const found: LayerManifest[] = []
  for (const key of await listItems(store, 'layers')) {
    const manifest = await readLayer(store, key)
    if (manifest !== undefined) found.push(manifest)
  }
  return found.toSorted((a, b) => b.builtAt - a.builtAt)
}

/** Removes layers that `keep` does not name and that no living process uses; returns their manifests. */
export async function pruneLayers(
  store: string,
  keep: ReadonlySet<string>,
  ctx: Context,
): Promise<readonly LayerManifest[]> {
  await sweepBuilding(store)
  const removed: LayerManifest[] = []
  for (const manifest of await listLayers(store)) {
    if (!keep.has(manifest.key) && (await removeUnpinned(store, 'layers', manifest.key, ctx)))
      removed.push(manifest)
  }
  return removed
}

async function readLayer(store: string, key: string): Promise<LayerManifest | undefined> {
  try {
    const text = await readFile(join(itemFolder(store, 'layers', key), 'manifest.json'), 'utf8')
    const manifest = LayerManifestSchema.parse(JSON.parse(text))
    return manifest.key === key ? manifest : undefined
  } catch {
    return undefined
  }
}
