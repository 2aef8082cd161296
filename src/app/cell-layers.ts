/** Puts a cell's products on top of its image, as layers that all cells share. */
import { artifactOf } from '../inputs/package/artifact-of.ts'
import { AppError } from '../model/errors.ts'
import type { ImageManifest } from '../model/image.ts'
import type { MachineProfile } from '../model/machine-profile.ts'
import type { PlannedCell } from '../model/plan.ts'
import type { OpenSource } from '../lab/image-store.ts'
import type { LayerParts } from '../lab/install-layer.ts'
import { ensureLayers } from '../lab/layers.ts'
import type { HostParts } from '../run/run-parts.ts'
import type { Context } from '../sdk/context.ts'
import type { OpenLab } from './open-lab.ts'

export interface LayeredCell {
  readonly opened: OpenLab
  readonly parts: HostParts
  readonly cell: Pick<PlannedCell, 'image' | 'products' | 'os'>
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
    {
      ...layerParts(opened, parts, cell.os, manifest),
      base,
      manifest,
      products,
      store: opened.lab.storeFolder,
    },
    ctx,
  )
}

function layerParts(
  opened: OpenLab,
  { host, provider, guests, installers }: HostParts,
  name: PlannedCell['os'],
  manifest: ImageManifest,
): LayerParts {
  const os = guests.get(name)
  if (os === undefined) throw new AppError('BUG_GUEST_OS', 'tool', `no guest OS is called ${name}`)
  return {
    provider,
    host: host.name,
    os,
    installerFor(kind, wanted) {
      const installer = installers.find((entry) => entry.kinds.includes(kind) && entry.os.includes(wanted))
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
    artifactOf,
    allowNetwork: host.allowNetwork ?? false,
    secret: opened.secret,
    ...(name === 'windows' ? { profile: windowsProfile(manifest) } : {}),
  }
}

/**
 * What Windows needs to install something in reasonable time, on the hardware that its image was set up on: a product that
 * looks for a TPM must not be installed without one, and Windows 11 is supported with one alone.
 */
export function windowsProfile(manifest: Pick<ImageManifest, 'facts'>): MachineProfile {
  const bios = manifest.facts['generation'] === 1
  return {
    cpu: { count: 2 },
    memoryMiB: 4096,
    generation: bios ? 1 : 2,
    firmware: bios ? 'bios' : 'uefi-secure-boot',
    tpm: manifest.facts['tpm'] === true && !bios ? '2.0' : 'none',
  }
}
