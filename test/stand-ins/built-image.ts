/** A lab whose store holds an image that was built with some content. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenLab } from '../../src/app/open-lab.ts'
import { sha256 } from '../../src/kit/hash.ts'
import { imageRecipe } from '../../src/lab/image-recipe.ts'
import { ImageManifestSchema } from '../../src/model/image.ts'

export const BUILT_IMAGE = {
  id: 'micro',
  kind: 'linux-micro',
  os: 'linux',
  build: { kernel: 'generic' },
} as const

/** A lab whose store holds that image, built with this content. */
export async function labWith(...contents: readonly string[]): Promise<OpenLab> {
  const storeFolder = mkdtempSync(join(tmpdir(), 'rz-store-'))
  for (const [index, content] of contents.entries()) {
    const key = sha256(`${content} ${index}`)
    const folder = join(storeFolder, 'images', key)
    mkdirSync(folder, { recursive: true })
    const manifest = ImageManifestSchema.parse({
      schema: 'ringzero/image/1',
      id: BUILT_IMAGE.id,
      kind: BUILT_IMAGE.kind,
      os: BUILT_IMAGE.os,
      recipe: await imageRecipe(BUILT_IMAGE),
      key,
      sha256: sha256(content),
      builtAt: index,
      diskFormat: 'raw',
      partition: 'whole-disk',
      facts: {},
      disk: { path: 'disk.raw', sha256: sha256('disk'), bytes: 1 },
    })
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))
  }
  return { lab: { images: [BUILT_IMAGE], storeFolder }, products: new Map() } as unknown as OpenLab
}
