/** Puts a cell's products on top of its image, as layers that all cells share. */
import { AppError } from '../model/errors.ts'
import type { ImageManifest } from '../model/image.ts'
import type { PlannedCell } from '../model/plan.ts'
import type { OpenSource } from '../lab/image-store.ts'
import type { LayerParts } from '../lab/install-layer.ts'
import { ensureLayers } from '../lab/layers.ts'
import type { HostParts } from '../run/run-parts.ts'
import type { Context } from '../sdk/context.ts'
import { productArtifact } from './load-product.ts'
import type { OpenLab } from './open-lab.ts'

export interface LayeredCell {
  readonly opened: OpenLab
  readonly parts: HostParts
  readonly cell: Pick<PlannedCell, 'image' | 'products' | 'dialect'>
  readonly manifest: ImageManifest
  readonly base: OpenSource
}

/** The image with the products. @throws AppError fault host when a product does not install or never gets healthy */
export async function addLayers(
  { opened, parts, cell, manifest, base }: LayeredCell,
  ctx: Context,
): Promise<OpenSource> {
  const products = cell.products.map((id) => {
    const product = opened.products.get(id)
    if (product === undefined) throw new AppError('BUG_PRODUCT', 'tool', `the lab has no product "${id}"`)
    return product
  })
  return await ensureLayers(
    { ...layerParts(opened, parts, cell.dialect), base, manifest, products, store: opened.lab.storeFolder },
    ctx,
  )
}

function layerParts(
  opened: OpenLab,
  { host, provider, dialects, installers }: HostParts,
  name: PlannedCell['dialect'],
): LayerParts {
  const dialect = dialects.get(name)
  if (dialect === undefined) throw new AppError('BUG_DIALECT', 'tool', `nobody speaks ${name}`)
  return {
    provider,
    host: host.name,
    dialect,
    installerFor(kind, wanted) {
      const installer = installers.find(
        (entry) => entry.kinds.includes(kind) && entry.dialects.includes(wanted),
      )
      if (installer !== undefined) return installer
      throw new AppError(
        'INSTALLER_MISSING',
        'user',
        `nothing installs products of kind ${kind} in ${wanted} guests`,
        {
          hint: 'use another kind, or a plugin that brings an installer for it',
        },
      )
    },
    artifactOf: productArtifact,
    secret: opened.secret,
  }
}
