/** The sealed disk of a cell: its image, with its products in layers; each built once, and pinned while the run uses it. */
import { hashJson } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import type { PlannedCell } from '../model/plan.ts'
import { ensureImage } from '../lab/build-image.ts'
import { findImage, openImage, type OpenSource } from '../lab/image-store.ts'
import type { HostParts, RunParts } from '../run/run-parts.ts'
import type { Context } from '../sdk/context.ts'
import type { BootSource } from '../sdk/provider.ts'
import { addLayers } from './cell-layers.ts'
import type { OpenLab } from './open-lab.ts'

export interface CellSources {
  /** @throws AppError fault host when an image or layer cannot be built or is damaged */
  readonly sourceFor: RunParts['sourceFor']
  /**
   * Content hash of an image: of the image that cells were opened from, else of the image that is built now. Undefined when
   * it is not built, or when cells were opened from different ones because it was built anew meanwhile.
   */
  imageContent(image: string): Promise<string | undefined>
  /** Unpins everything. */
  readonly release: () => Promise<void>
}

/** Sources for the cells of one run on this lab. Equal cells share one build, also when they ask at the same time. */
export function cellSources(opened: OpenLab): CellSources {
  const building = new Map<string, Promise<OpenSource>>()
  const contents = new Map<string, Set<string>>()
  const started = (image: string, sha256: string): void =>
    void contents.set(image, (contents.get(image) ?? new Set()).add(sha256))
  return {
    async sourceFor(cell, host, ctx, secret) {
      const parts = opened.hosts.find((entry) => entry.host.name === host)
      if (parts === undefined) throw new AppError('BUG_HOST', 'tool', `no host is called "${host}"`)
      if (parts.provider.capabilities.simulated) return simulatedSource(cell)
      const key = hashJson([host, cell.image, cell.products])
      const known = building.get(key) ?? openSource({ ...opened, secret }, parts, cell, started, ctx)
      building.set(key, known)
      try {
        return (await known).source
      } catch (error) {
        // The next attempt tries again: a full disk may have been emptied.
        building.delete(key)
        throw error
      }
    },
    async imageContent(id) {
      const seen = contents.get(id)
      if (seen !== undefined) return seen.size === 1 ? [...seen][0] : undefined
      const image = opened.lab.images?.find((entry) => entry.id === id)
      return image === undefined ? undefined : (await findImage(image, opened.lab.storeFolder))?.sha256
    },
    async release() {
      const opening = await Promise.allSettled(building.values())
      for (const result of opening) if (result.status === 'fulfilled') await result.value.release()
    },
  }
}

async function openSource(
  opened: OpenLab,
  parts: HostParts,
  cell: PlannedCell,
  started: (image: string, sha256: string) => void,
  ctx: Context,
): Promise<OpenSource> {
  const { lab } = opened
  const image = lab.images?.find((entry) => entry.id === cell.image)
  if (image === undefined) throw new AppError('BUG_IMAGE', 'tool', `the lab has no image "${cell.image}"`)
  const manifest = await ensureImage(image, lab.folder, lab.storeFolder, ctx)
  const base = await openImage(image, lab.storeFolder)
  started(image.id, base.source.sha256)
  if (cell.products.length === 0) return base
  try {
    return await addLayers({ opened, parts, cell, manifest, base }, ctx)
  } catch (error) {
    await base.release()
    throw error
  }
}

/** A simulated machine has no disk; what it boots is named by what the cell asks for. */
function simulatedSource(cell: PlannedCell): BootSource {
  return {
    sha256: hashJson([cell.image, cell.products]),
    os: cell.os,
    disk: '/simulated',
    diskFormat: 'raw',
  }
}
