/** What keeps cells of a matrix from being planned: each problem once, with its line and the cells that have it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { planMatrix } from '../../src/app/plan-matrix.ts'
import { loadMatrix } from '../../src/inputs/load-matrix.ts'
import type { AppError, Problem } from '../../src/model/errors.ts'
import { checkMatrix } from '../../src/plan/check-matrix.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rz-plan-problems-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Problems of a matrix on a lab with the image `micro`, each as `line: message`. */
async function problemsOf(text: string): Promise<readonly string[]> {
  const file = join(folder, 'matrix.yaml')
  writeFileSync(file, text)
  const refused = await planMatrix({
    loaded: await loadMatrix(file, checkMatrix),
    lab: {
      version: 1,
      hosts: [{ name: 'here', provider: 'qemu', capacity: { vcpus: 8, memoryMiB: 8192, machines: 1 } }],
      images: [{ id: 'micro', kind: 'linux-micro', os: 'linux' }],
      file: '/lab.yaml',
      folder: '/',
      storeFolder: '/store',
      sha256: 'd'.repeat(64),
    },
    products: new Map(),
    offers: [
      {
        name: 'here',
        provider: 'qemu',
        os: ['linux'],
        vcpus: 8,
        memoryMiB: 8192,
        allowNetwork: false,
        takesProducts: true,
        refusals: () => Promise.resolve([]),
      },
    ],
    checks: [],
    seed: 1,
    effort: 0,
    isolate: 0,
    toolVersion: '0',
  }).catch((error: unknown) => error as AppError)
  const { problems = [] } = refused as { readonly problems?: readonly Problem[] }
  return problems.map(({ message, where }) => `${where?.line}: ${message}`)
}

const AXES = `version: 1
id: m
axes:
  cpu: { values: [{ id: a }, { id: b }, { id: c }, { id: d }] }
  disk:
    values:
      - { id: p }
      - { id: q IMAGE }
      - { id: r }
      - { id: s }
strength: 2
`

it('all 16 cells without an image are one problem, at the first axis', async () => {
  expect(await problemsOf(AXES.replace(' IMAGE', ''))).toEqual(['4: all 16 cells: no value names an image'])
})

it('what one value does wrong stands at its line, with the cells that have it', async () => {
  const named = await problemsOf(`${AXES.replace(' IMAGE', ', image: macro')}defaults: { image: micro }\n`)
  expect(named).toEqual([
    expect.stringMatching(
      /^8: cpu=. disk=q, cpu=. disk=q, cpu=. disk=q and 1 more: the lab has no image "macro"$/,
    ),
  ])
})

it('an unknown product stands at the value that names it', async () => {
  const text = `${AXES.replace(' IMAGE', ', products: [sensr]')}defaults: { image: micro }\n`
  expect(await problemsOf(text)).toEqual([
    expect.stringMatching(/^8: cpu=.* and 1 more: the lab has no product "sensr"$/),
  ])
})
