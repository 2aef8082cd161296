/** Names planted into every field of a run that a lab, a candidate or a guest can fill: none comes out in a partner's bundle. */
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { filesOf, plantedBundle, plantedIn, scanOf, type PlantedBundle } from '../stand-ins/planted-bundle.ts'

/** `npm run bench leaks` has 10,000. */
const RUNS = 120
const SCANNED = 30

async function leaksOf(bundle: PlantedBundle): Promise<string[]> {
  const found = await plantedIn(await filesOf(bundle), bundle.run.names)
  return found
    .filter(({ name }) => !bundle.allowed.has(name))
    .map(({ name, place, path }) => `${name} of ${place} in ${path}`)
}

describe('a bundle of a run with names planted everywhere', () => {
  it(`holds none of them but what the partner may see, in ${RUNS} runs`, async () => {
    for (let seed = 0; seed < RUNS; seed += 1)
      expect(await leaksOf(plantedBundle(seed)), `run ${seed}`).toEqual([])
  })

  it('shows what the partner may see, so that the names would be found', async () => {
    const shown = new Set<string>()
    const bundles = Array.from({ length: 20 }, (_, seed) => plantedBundle(seed))
    for (const bundle of bundles)
      for (const { name, place, path } of await plantedIn(await filesOf(bundle), bundle.run.names))
        if (bundle.allowed.has(name)) shown.add(`${place.replace(/^.*\./, '')} in ${path}`)
    for (const path of ['report.json', 'index.html', 'summary.md', 'index/feed.atom'])
      expect([...shown]).toContain(`release in ${path}`)
    expect([...shown]).toContain('id in junit.xml')
    // The hardware of a recipe, a value of an axis, a check, a product, a driver of it.
    for (const part of ['features[]', 'spelling', 'checksRun[]', 'product title', 'drivers[]'])
      expect([...shown]).toContain(`${part} in report.json`)
  })

  it('would be seen to hold one, cut or whole, however it is written', async () => {
    const { names } = plantedBundle(1).run
    const [name = ''] = names.keys()
    const ways: Readonly<Record<string, string | Buffer>> = {
      'as it is': `see ${name} there`,
      'in small letters': name.toLowerCase(),
      'cut after six letters': `${name.slice(0, 6)}…`,
      'in UTF-16': Buffer.from(name, 'utf16le'),
      'in base64': Buffer.from(`x${name}`).toString('base64'),
      'in gzip in base64': gzipSync(`see ${name} there`).toString('base64'),
      'in hexadecimal': Buffer.from(name).toString('hex'),
    }
    for (const [way, text] of Object.entries(ways)) {
      const found = await plantedIn(new Map([['a', Buffer.from(text)]]), names)
      expect(
        found.map((one) => one.name),
        way,
      ).toEqual([name])
    }
    expect(await plantedIn(new Map([[`evidence/${name}.txt`, Buffer.from('')]]), names)).toHaveLength(1)
  })

  it('is refused by the scan as soon as any one of them gets in, and only then', async () => {
    for (let seed = 0; seed < SCANNED; seed += 1) {
      const { found, planted, foundPlanted } = await scanOf(plantedBundle(seed), seed)
      expect(found, `run ${seed}`).toEqual([])
      expect(foundPlanted, `run ${seed}`).toEqual([planted])
    }
  })
})
