/** The stores through the built command line: lists tell what is there; pruning removes what is not needed, and nothing that a run uses. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sha256 } from '../../src/kit/hash.ts'
import { imageRecipe } from '../../src/lab/image-recipe.ts'
import { pinItem, type StoreShelf } from '../../src/lab/store.ts'
import { CheckpointManifestSchema, ImageManifestSchema, LayerManifestSchema } from '../../src/model/image.ts'

const root = resolve(import.meta.dirname, '../..')
const IMAGE = { id: 'micro', kind: 'linux-micro', os: 'linux' } as const
const file = { path: 'disk', sha256: sha256('disk'), bytes: 1 }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rz-prune-'))
  writeFileSync(
    join(folder, 'lab.yaml'),
    `version: 1
store: store
hosts: [{name: sim, provider: simulated, capacity: {vcpus: 1, memoryMiB: 512, machines: 1}}]
images: [{id: micro, kind: linux-micro, os: linux}]
`,
  )
})
afterEach(() => rmSync(folder, { recursive: true }))

function ringzero(...commandLine: readonly string[]): {
  code: number | null
  err: string
  out: string
} {
  const done = spawnSync(process.execPath, [join(root, 'dist/main.js'), ...commandLine], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', NO_COLOR: '1' },
  })
  return { code: done.status, err: done.stderr, out: done.stdout }
}

const store = (): string => join(folder, 'store')
const kept = (shelf: StoreShelf): string[] => readdirSync(join(store(), shelf)).toSorted()

function put(shelf: StoreShelf, manifest: { readonly key: string }): string {
  const item = join(store(), shelf, manifest.key)
  mkdirSync(item, { recursive: true })
  writeFileSync(join(item, 'manifest.json'), JSON.stringify(manifest))
  return manifest.key
}

const image = (name: string, recipe: string): string =>
  put(
    'images',
    ImageManifestSchema.parse({
      schema: 'ringzero/image/1',
      ...IMAGE,
      recipe,
      key: sha256(name),
      sha256: sha256(`content of ${name}`),
      builtAt: 1,
      disk: file,
      diskFormat: 'raw',
      partition: 'whole-disk',
      facts: {},
    }),
  )
const layer = (name: string): string =>
  put(
    'layers',
    LayerManifestSchema.parse({
      schema: 'ringzero/layer/1',
      key: sha256(name),
      sha256: sha256(`content of ${name}`),
      parent: sha256('below'),
      product: { id: 'gone', release: '1', sha256: sha256('product') },
      builtAt: 1,
      disk: file,
      diskFormat: 'raw',
      facts: {},
    }),
  )
const checkpoint = (name: string, parent: string): string =>
  put(
    'checkpoints',
    CheckpointManifestSchema.parse({
      schema: 'ringzero/checkpoint/1',
      key: sha256(name),
      sha256: sha256(`content of ${name}`),
      parent,
      image: IMAGE.id,
      products: [],
      machine: {},
      host: 'sim',
      identity: 'this host',
      savedAt: 1,
      bootId: 'b',
      bootCount: 1,
      bootMs: 1,
      disk: file,
      diskFormat: 'raw',
      memory: file,
      further: [],
    }),
  )

it('images prune removes what no entry of the lab would build, and keeps what a run has open', async () => {
  const today = image('today', await imageRecipe(IMAGE))
  const [old, used] = [image('old', sha256('old recipe')), image('used', sha256('old recipe'))]
  const pin = await pinItem(store(), 'images', used)
  const { code, err } = ringzero('images', 'prune')
  expect({ code, err }).toEqual({ code: 0, err: `removed micro ${old.slice(0, 12)}\n` })
  expect(kept('images')).toEqual([today, used].toSorted())
  await pin.release()
  expect(ringzero('images', 'prune').err).toBe(`removed micro ${used.slice(0, 12)}\n`)
  expect(ringzero('images', 'prune')).toEqual({ code: 0, err: 'nothing to remove\n', out: '' })
  expect(kept('images')).toEqual([today])
})

it('layers prune removes those of products that the lab has not, and keeps what a run has open', async () => {
  const [gone, used] = [layer('gone'), layer('used')]
  const pin = await pinItem(store(), 'layers', used)
  const { code, err } = ringzero('layers', 'prune')
  expect({ code, err }).toEqual({ code: 0, err: `removed gone ${gone.slice(0, 12)}\n` })
  expect(kept('layers')).toEqual([used])
  await pin.release()
})

it('checkpoints prune removes those without their image and invalidated ones; the others with --all, but never one in use', async () => {
  image('today', await imageRecipe(IMAGE))
  const parent = sha256('content of today')
  const [whole, used] = [checkpoint('whole', parent), checkpoint('used', parent)]
  checkpoint('orphan', sha256('content of nothing'))
  writeFileSync(join(store(), 'checkpoints', checkpoint('bad', parent), 'invalidated'), '')
  const pin = await pinItem(store(), 'checkpoints', used)
  expect(ringzero('checkpoints', 'prune').code).toBe(0)
  expect(kept('checkpoints')).toEqual([whole, used].toSorted())
  expect(ringzero('checkpoints', 'prune', '--all').err).toBe(`removed micro ${whole.slice(0, 12)}\n`)
  expect(kept('checkpoints')).toEqual([used])
  await pin.release()
  expect(existsSync(join(store(), 'images'))).toBe(true)
})

it('the lists name what is in the store, for people and as one document', () => {
  const stored = {
    images: image('today', sha256('recipe')),
    layers: layer('gone'),
    checkpoints: checkpoint('whole', sha256('content of today')),
  }
  const listed = {
    images: ringzero('images', 'list'),
    layers: ringzero('layers', 'list'),
    checkpoints: ringzero('checkpoints', 'list'),
  }
  expect(listed.images.out).toContain(`micro  `)
  expect(listed.layers.out).toContain('gone')
  expect(listed.checkpoints.out).toContain(stored.checkpoints.slice(0, 12))
  for (const shelf of ['images', 'layers', 'checkpoints'] as const) {
    expect(listed[shelf]).toMatchObject({ code: 0, err: '' })
    const document = JSON.parse(ringzero(shelf, 'list', '--json').out) as Record<string, unknown>
    expect(document).toMatchObject({ schema: `ringzero/${shelf}/1`, [shelf]: [{ key: stored[shelf] }] })
  }
})

it('images build refuses an image that the lab has not, before anything is built', () => {
  expect(ringzero('images', 'build', 'other')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/"other"[^]*micro/) as string,
  })
  expect(existsSync(join(store(), 'images'))).toBe(false)
})

it('layers build refuses a product that the lab has not, before anything is built', () => {
  expect(ringzero('layers', 'build', 'micro', '--product', 'other')).toMatchObject({
    code: 2,
    err: expect.stringContaining('"other"') as string,
  })
  for (const shelf of ['images', 'layers']) expect(existsSync(join(store(), shelf))).toBe(false)
})

it('a lab that cannot be read is exit 2, and nothing is removed', () => {
  const old = image('old', sha256('old recipe'))
  writeFileSync(join(folder, 'lab.yaml'), 'version: 1\n')
  expect(ringzero('images', 'prune').code).toBe(2)
  expect(kept('images')).toEqual([old])
})
