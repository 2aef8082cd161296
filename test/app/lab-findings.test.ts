import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { endingLicences, labFindings } from '../../src/app/lab-findings.ts'
import type { LoadedLab } from '../../src/inputs/load-lab.ts'
import { secretReader } from '../../src/inputs/secrets.ts'
import type { LoadedProduct } from '../../src/model/product.ts'

const store = mkdtempSync(join(tmpdir(), 'rz-findings-'))
afterAll(() => rmSync(store, { recursive: true }))

const SECRETS = [{ name: 'customer-id', environment: 'RZ_TEST_CUSTOMER_ID' }]
const sensor: LoadedProduct = {
  version: 1,
  id: 'sensor',
  title: 'Sensor',
  release: '7.1',
  kind: 'exe',
  files: [],
  licenceSecret: 'customer-id',
  recipes: {
    windows: {
      rollback: {
        run: [{ program: 'C:\\u.exe', arguments: [], secretEnvironment: { TOKEN: 'uninstall-token' } }],
      },
    },
  },
  health: { windows: { services: ['Sensor'] } },
  folder: '/lab/sensor',
  sha256: 'a'.repeat(64),
}

function lab(images: LoadedLab['images'] = []): LoadedLab {
  return {
    version: 1,
    hosts: [],
    images,
    file: '/lab.yaml',
    folder: '/',
    storeFolder: store,
    sha256: 'd'.repeat(64),
  }
}

const NOW = Date.parse('2026-03-10T12:00:00Z')
const found = async (product: LoadedProduct, environment: NodeJS.ProcessEnv = {}) =>
  (
    await labFindings(
      {
        lab: lab(),
        products: new Map([[product.id, product]]),
        absent: [],
        secret: secretReader(SECRETS, '/', environment),
      },
      NOW,
    )
  ).map(({ message }) => message)

describe('what doctor says of a lab', () => {
  it('names each secret that a product in place takes and nobody has set', async () => {
    expect(await found(sensor)).toEqual([
      'product "sensor" needs the secret "customer-id": the secret "customer-id" is not set; set the environment variable RZ_TEST_CUSTOMER_ID',
      expect.stringContaining('product "sensor" needs the secret "uninstall-token"'),
    ])
    expect(await found(sensor, { RZ_TEST_CUSTOMER_ID: 'x' })).toHaveLength(1)
  })

  it('names licences that ended or end within two weeks, of products and of images', async () => {
    const ending = (expires: string) =>
      endingLicences({ lab: lab(), products: new Map([['sensor', { ...sensor, expires }]]) }, NOW)
    expect(await ending('2026-03-09')).toEqual(['the licence of product "sensor" ended on 2026-03-09'])
    expect(await ending('2026-03-10')).toEqual(['the licence of product "sensor" ends on 2026-03-10'])
    expect(await ending('2026-03-23')).toHaveLength(1)
    expect(await ending('2026-03-25')).toEqual([])
    const image = {
      id: 'w',
      kind: 'disk',
      os: 'windows',
      path: 'w.vhdx',
      expires: '2026-01-01',
    } as const
    expect(await endingLicences({ lab: lab([image]), products: new Map() }, NOW)).toEqual([
      'the licence of image "w" ended on 2026-01-01',
    ])
  })
})
