/** The system, the products and their content stay what they were at the baseline. */
import type { Moment } from '../../../src/model/phase.ts'
import { describe, expect, it } from 'vitest'
import { versions } from '../../../src/plugins/checks/any/versions.ts'
import { loadedCandidate, loadedProduct } from '../../stand-ins/loaded-packages.ts'
import { attempt, blinds, broken, healthyGuest, type Scripted } from '../../stand-ins/scripted-guest.ts'

const cases: readonly {
  readonly what: string
  readonly moment: Moment
  readonly invalidate: (guest: Scripted) => void
  readonly found: readonly string[]
}[] = [
  {
    what: 'a product that updated itself',
    moment: 'after-soak',
    invalidate: (guest) => {
      guest.drivers.set('sensor', { srcversion: 'B2' })
    },
    found: ['version-drift version:netwatch:sensor: srcversion B2'],
  },
  {
    what: 'a product whose content updated itself, while its program stayed',
    moment: 'after-soak',
    invalidate: (guest) => {
      guest.says['/opt/netwatch/versions'] = 'program 7.1\ncontent 291\n'
    },
    found: ['version-drift version:netwatch:versions: program 7.1 content 291'],
  },
  {
    what: 'a product that may update itself again',
    moment: 'after-restart',
    invalidate: (guest) => {
      guest.programs['/opt/netwatch/frozen'] = 1
    },
    found: ['version-drift version:netwatch:frozen: its proof ended with 1: checked'],
  },
  {
    what: 'a system that updated itself',
    moment: 'after-soak',
    invalidate: (guest) => {
      guest.boot = { ...guest.boot, kernel: '6.12.2' }
    },
    found: ['version-drift version:system: 1 6.12.2'],
  },
]

describe('the check of versions', () => {
  it.each(cases)('finds $what', async ({ moment, invalidate, found }) => {
    const guest = healthyGuest({ products: [frozenProduct()] })
    const look = attempt(versions, guest)
    expect(broken(await look('baseline'))).toEqual([])
    invalidate(guest)
    expect(broken(await look(moment))).toEqual(found)
  })

  it('says that it is blind where a product no longer tells what runs', async () => {
    const guest = healthyGuest({ products: [frozenProduct()] })
    const look = attempt(versions, guest)
    expect(blinds(await look('baseline'))).toEqual([])
    guest.programs['/opt/netwatch/versions'] = 5
    expect(blinds(await look('after-soak'))).toEqual([
      'version:netwatch:versions: the product did not say which versions run',
    ])
  })

  it('lets the candidate update the product that it belongs to', async () => {
    const candidate = loadedCandidate('rules v2', { product: 'netwatch' })
    const guest = healthyGuest({ products: [frozenProduct()], candidate })
    const look = attempt(versions, guest)
    await look('baseline')
    guest.says['/opt/netwatch/versions'] = 'program 7.1\ncontent 291\n'
    expect(broken(await look('after-install'))).toEqual([])
    expect(broken(await look('after-rollback'))).toEqual([
      'rollback-incomplete version:netwatch:versions: program 7.1 content 291',
    ])
  })
})

/** One that says which versions run and proves that it cannot update itself. */
function frozenProduct(): ReturnType<typeof loadedProduct> {
  const product = loadedProduct()
  const ask = (name: string) => ({ program: `/opt/netwatch/${name}`, arguments: [] })
  return {
    ...product,
    health: { linux: { ...product.health.linux, versions: ask('versions') } },
    freeze: { linux: { run: [ask('freeze')], proof: ask('frozen') } },
  }
}
