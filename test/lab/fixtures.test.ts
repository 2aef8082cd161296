import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadCandidate } from '../../src/inputs/package/load-candidate.ts'
import { loadLab } from '../../src/inputs/load-lab.ts'
import { loadProduct } from '../../src/inputs/package/load-product.ts'
import { packageRoot } from '../../src/kit/assets.ts'

/** Folders below fixtures/<kind> that hold a file of this name. */
function folders(kind: string, file: string): readonly string[] {
  const root = join(packageRoot, 'fixtures', kind)
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' })
  return found
    .filter((path) => basename(path) === file)
    .map(dirname)
    .toSorted()
}

describe('what ships as an example', () => {
  it.each(folders('candidates', 'candidate.yaml'))(
    'candidate %s is complete and has the hashes that it names',
    async (name) => {
      const candidate = await loadCandidate(join(packageRoot, 'fixtures/candidates', name))
      expect(candidate.id).toBe(basename(name))
      expect(candidate.files.length).toBeGreaterThan(0)
    },
  )

  // The Windows folder holds templates: their installers are not shipped, so their files cannot be there.
  it.each(folders('products', 'product.yaml').filter((name) => !name.startsWith('windows')))(
    'product %s is complete and has the hashes that it names',
    async (name) => {
      const product = await loadProduct(join(packageRoot, 'fixtures/products', name))
      expect(product.id).toBe(basename(name))
    },
  )

  it('the lab of the demo names products that are there', async () => {
    const lab = await loadLab(join(packageRoot, 'fixtures/labs/qemu-demo.lab.yaml'), [])
    for (const product of lab.products ?? [])
      await expect(loadProduct(join(packageRoot, 'fixtures/labs', product.folder))).resolves.toBeDefined()
  })
})
