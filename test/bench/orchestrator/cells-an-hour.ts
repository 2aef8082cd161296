/** Cells an hour: products in shared layers and machines side by side, against one machine at a time that installs them anew each time. */
import { artifactOf } from '../../../src/inputs/package/artifact-of.ts'
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadProduct } from '../../../src/inputs/package/load-product.ts'
import { findImage, openImage } from '../../../src/lab/image-store.ts'
import { ensureLayers } from '../../../src/lab/layers.ts'
import { builtIn, builtInGuestSystems } from '../../../src/plugins/built-in.ts'
import type { RunParts } from '../../../src/run/run-parts.ts'
import { GENERIC_IMAGE, IMAGE_STORE, imageSource, realFolder, realPlan } from '../../stand-ins/real-lab.ts'
import type { BenchResult } from './bench-result.ts'
import { realRun } from './real-run.ts'

const MACHINES = 8
const PRODUCTS = ['netwatch', 'filekeeper']
const products = resolve(import.meta.dirname, '../../../fixtures/products')

/** Four cells with both arms in layers that are built within the measured time; then one cell whose every machine is made from nothing. */
export async function cellsAnHour(): Promise<BenchResult> {
  await imageSource()
  const folder = realFolder()
  let stores = 0
  const together = await measure(MACHINES / 2, MACHINES, () => join(folder, 'shared'))
  const alone = await measure(1, 1, () => join(folder, `own-${(stores += 1)}`))
  rmSync(folder, { recursive: true })
  return {
    name: `cells an hour, with ${PRODUCTS.length} products beside the candidate`,
    passed: together > alone,
    lines: [
      `${together.toFixed(1)} with layers and ${MACHINES} machines, ${alone.toFixed(1)} one at a time without layers: ${(together / alone).toFixed(1)} ×`,
    ],
  }
}

/** Cells an hour of one run; `store` names the folder in which an attempt finds its layers. */
async function measure(cells: number, machines: number, store: () => string): Promise<number> {
  const plan = realPlan({ restarts: 1, soakSeconds: 10, stages: [cells] })
  const run = await realRun(plan, machines, (parts) => ({ ...parts, sourceFor: layered(parts, store) }))
  if (run.completed !== cells * 2) throw new Error(`${run.completed} of ${cells * 2} attempts came to an end`)
  return (cells * 3600) / run.seconds
}

function layered(parts: RunParts, store: () => string): RunParts['sourceFor'] {
  const [host] = parts.hosts
  const os = builtInGuestSystems.get('linux')
  if (host === undefined || os === undefined) throw new Error('the lab has no host for Linux guests')
  return async (_cell, name, ctx) => {
    const manifest = await findImage(GENERIC_IMAGE, IMAGE_STORE)
    if (manifest === undefined) throw new Error('the image is not built')
    const open = await ensureLayers(
      {
        provider: host.provider,
        host: name,
        os,
        installerFor: (kind) => {
          const installer = (builtIn.installers ?? []).find(
            (entry) => entry.kinds.includes(kind) && entry.os.includes('linux'),
          )
          if (installer === undefined) throw new Error(`nothing installs ${kind}`)
          return installer
        },
        artifactOf,
        secret: () => '',
        base: await openImage(GENERIC_IMAGE, IMAGE_STORE),
        manifest,
        products: await Promise.all(PRODUCTS.map((id) => loadProduct(join(products, id)))),
        store: store(),
      },
      ctx,
    )
    return open.source
  }
}
