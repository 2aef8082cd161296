/** What a Windows cell could never show is refused when it is planned. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadProduct } from '../../src/inputs/package/load-product.ts'
import { planCell, type CellProblem } from '../../src/app/plan-cell.ts'
import type { PlanRequest } from '../../src/app/plan-request.ts'
import { packageRoot } from '../../src/kit/assets.ts'
import type { MachineFragment } from '../../src/model/machine-profile.ts'
import { loadedCandidate } from '../stand-ins/loaded-packages.ts'

const verifier = await loadProduct(join(packageRoot, 'fixtures/products/windows/driver-verifier'))
const candidate = loadedCandidate('x', {
  kind: 'driver',
  files: ['amd64/AcmeFlt.sys', 'acmeflt.inf'].map((path) => ({ path, sha256: 'a'.repeat(64) })),
})

/** Driver Verifier told to watch these. */
function watching(...drivers: string[]): typeof verifier {
  const command = {
    program: 'C:\\Windows\\System32\\verifier.exe',
    arguments: ['/standard', '/driver', ...drivers],
  }
  return { ...verifier, recipes: { windows: { install: { run: [command] } } } }
}

async function problems(machine: MachineFragment, product = watching('acmeflt.sys')): Promise<string[]> {
  const request: PlanRequest = {
    loaded: {
      matrix: {
        version: 1,
        id: 'm',
        axes: { policy: { values: [{ id: 'verifier', products: [product.id] }] } },
        defaults: { image: 'win11', machine },
        strength: 1,
      },
      file: '/m.yaml',
      sha256: 'c'.repeat(64),
    },
    lab: {
      version: 1,
      hosts: [{ name: 'here', provider: 'hyper-v', capacity: { vcpus: 8, memoryMiB: 8192, machines: 1 } }],
      images: [
        {
          id: 'win11',
          kind: 'windows',
          os: 'windows',
          build: { iso: 'win11.iso', edition: 'Windows 11 Pro' },
        },
      ],
      file: '/lab.yaml',
      folder: '/',
      storeFolder: '/store',
      sha256: 'd'.repeat(64),
    },
    products: new Map([[product.id, product]]),
    offers: [
      {
        name: 'here',
        provider: 'hyper-v',
        os: ['windows'],
        vcpus: 8,
        memoryMiB: 8192,
        allowNetwork: false,
        takesProducts: true,
        refusals: () => Promise.resolve([]),
      },
    ],
    checks: [],
    candidate,
    seed: 1,
    effort: 0,
    isolate: 0,
    toolVersion: '0',
  }
  const found: CellProblem[] = []
  const cell = { configuration: { policy: 'verifier' }, purpose: 'seed', weight: 1 }
  const planned = await planCell(request, 'all', cell, found)
  expect(planned === undefined).toBe(found.length > 0)
  return found.map(({ configuration, problem }) => `${configuration}: ${problem.message}`)
}

describe('a Windows cell', () => {
  it('is planned when its machine fits the image and Driver Verifier watches the candidate', async () => {
    expect(await problems({ disk: { sizeGiB: 64 } })).toEqual([])
  })

  it('is refused when its machine is of another generation than the image, or its disk is smaller', async () => {
    expect(await problems({ generation: 1 })).toEqual([
      expect.stringContaining('image "win11": a generation 1 machine (BIOS) does not start'),
    ])
    expect(await problems({ disk: { sizeGiB: 32 } })).toEqual([
      expect.stringContaining('disk of 32 GiB is smaller than the image’s 64 GiB'),
    ])
  })

  it('is refused when Driver Verifier watches the placeholder that ships, or another driver', async () => {
    expect(await problems({}, verifier)).toEqual([
      expect.stringContaining('product "driver-verifier" watches your-driver.sys, a placeholder'),
    ])
    expect(await problems({}, watching('other.sys'))).toEqual([
      expect.stringContaining('does not watch the candidate’s acmeflt.sys'),
    ])
  })
})
