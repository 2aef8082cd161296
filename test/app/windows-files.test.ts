/** The Windows matrix, lab and products that ship can be read, and what is not complete says what is missing. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadLab } from '../../src/inputs/load-lab.ts'
import { checkMatrix } from '../../src/plan/check-matrix.ts'
import { loadMatrix } from '../../src/inputs/load-matrix.ts'
import { loadProduct } from '../../src/inputs/package/load-product.ts'
import { packageRoot } from '../../src/kit/assets.ts'
import { sha256 } from '../../src/kit/hash.ts'
import { readWindowsBuild } from '../../src/plugins/providers/hyper-v/images/read-windows-build.ts'

const products = join(packageRoot, 'fixtures/products/windows')
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rz-windows-files-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the Windows endpoint matrix', () => {
  it('names only images and products that the example lab has', async () => {
    const { matrix } = await loadMatrix(join(packageRoot, 'matrices/windows-endpoint.yaml'), checkMatrix)
    const lab = await loadLab(join(packageRoot, 'fixtures/labs/windows.lab.yaml'), [])
    const values = Object.values(matrix.axes).flatMap((axis) => axis.values)
    const images = new Set(lab.images?.map(({ id }) => id))
    expect(values.flatMap(({ image }) => image ?? []).filter((image) => !images.has(image))).toEqual([])
    const known = new Set(lab.products?.map((product) => product.folder.split(/[\\/]/).at(-1)))
    expect(values.flatMap((value) => value.products ?? []).filter((id) => !known.has(id))).toEqual([])
    for (const image of lab.images ?? []) expect(readWindowsBuild(image).sizeGiB).toBe(64)
  })
})

describe('a Windows product', () => {
  it.each([
    'attack-surface-reduction',
    'browser-edge',
    'defender',
    'driver-verifier',
    'enforced-driver-policy',
    'memory-integrity',
    'restricted-egress',
    'role-dhcp-server',
    'role-msmq',
    'role-web-server',
  ])('%s comes with Windows and is complete', async (id) => {
    expect((await loadProduct(join(products, id))).id).toBe(id)
  })

  it.each([
    ['sysmon', 'Sysmon64.exe'],
    ['osquery', 'osquery.msi'],
  ])('%s is refused until its file is there with its hash, and then taken', async (id, name) => {
    await expect(loadProduct(join(products, id))).rejects.toMatchObject({ fault: 'user' })
    const text = await readFile(join(products, id, 'product.yaml'), 'utf8')
    const filled = text.replace(`{ path: ${name} }`, `{ path: ${name}, sha256: ${sha256('setup')} }`)
    await writeFile(join(folder, 'product.yaml'), filled)
    await writeFile(join(folder, name), 'setup')
    expect((await loadProduct(folder)).id).toBe(id)
  })

  it.each(['template-driver', 'template-msi', 'template-exe'])(
    '%s says which files to put in',
    async (id) => {
      await expect(loadProduct(join(products, id))).rejects.toMatchObject({
        problems: expect.arrayContaining([
          expect.objectContaining({ message: expect.stringContaining('there is no file') as string }),
        ]) as unknown[],
      })
    },
  )
})
