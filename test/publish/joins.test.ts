/**
 * Two partners who lay their bundles side by side: a machine with products of both is in both bundles, and nothing but what it
 * showed may help them to find it in the other's.
 */
import { describe, expect, it } from 'vitest'
import type { Partner } from '../../src/model/partners.ts'
import type { PartnerCell, PartnerReport } from '../../src/model/partner-report.ts'
import { projectReport } from '../../src/publish/project-report.ts'
import { pseudonymsFor } from '../../src/publish/pseudonyms.ts'
import { OWN, plantedRun, randomFrom, RIVAL, type PlantedRun } from '../stand-ins/planted-run.ts'

const SECRET = 'a secret of the laboratory, thirty-two characters and more'
const CELLS = 40
const RUNS = 30

/** A run in which every machine has a product of both partners, and all machines showed the same. */
function sharedRun(seed: number): PlantedRun {
  const random = randomFrom(seed)
  const run = plantedRun(seed)
  const [first] = run.report.cells
  const cells = Array.from({ length: CELLS }, (_, at) => {
    const count = Math.floor(random() * 1000)
    const attempts = Array.from({ length: 3 }, () => ({ ...first!.verdict.attempts[0]!, startedAt: count }))
    return {
      planned: {
        ...first!.planned,
        id: `machine-${at}-${count}`,
        products: [OWN, RIVAL, ...(random() < 0.5 ? ['third'] : [])],
        purpose: 'x'.repeat(count),
        expectedSeconds: count,
      },
      verdict: { ...first!.verdict, attempts, because: 'y'.repeat(count) },
    }
  })
  return { ...run, report: { ...run.report, cells } }
}

type Others = 'presence' | 'pseudonym'

function bundleFor(partner: string, product: string, run: PlantedRun, others: Others): PartnerReport {
  const entry: Partner = {
    name: partner,
    title: partner,
    products: [product],
    contact: 'us@example.org',
    show: { symptoms: 'all', others },
  }
  return projectReport({
    ...run,
    partner: entry,
    publisher: 'Laboratory',
    pseudonymsFrom: 2,
    pseudonyms: pseudonymsFor(partner, SECRET),
    issued: '2026-11-28',
  })
}

/** What an attacker can compare: place in the list, length of its text, its id as a number and in parts, its pseudonyms. */
const FEATURES: Readonly<Record<string, (cell: PartnerCell, place: number) => number | string>> = {
  order: (_, place) => place,
  'order from the end': (_, place) => -place,
  size: (cell) => JSON.stringify(cell).length,
  count: (cell) => cell.others.length * 1000 + cell.attempts.valid,
  'beginning of its id': (cell) => Number.parseInt(cell.id.slice(5, 13), 16),
  'end of its id': (cell) => Number.parseInt(cell.id.slice(-8), 16),
  hash: (cell) => cell.id,
  pseudonyms: (cell) => cell.others.join(),
}

/** Guesses, for each machine of one bundle, the machine of the other that is nearest by a feature; the first of equals. */
function rightGuesses(
  own: PartnerReport,
  rival: PartnerReport,
  run: PlantedRun,
  feature: keyof typeof FEATURES,
): number {
  const of = FEATURES[feature]!
  const ids = (partner: string): ReadonlyMap<string, string> =>
    new Map(
      run.report.cells.map(({ planned }) => [
        pseudonymsFor(partner, SECRET).id('cell', planned.id),
        planned.id,
      ]),
    )
  const [owns, rivals] = [ids('own'), ids('rival')]
  const places = rival.cells.map((cell, place) => ({ cell, value: of(cell, place) }))
  return own.cells.filter((cell, place) => {
    const value = of(cell, place)
    const distance = (other: number | string): number =>
      typeof other === 'number' && typeof value === 'number'
        ? Math.abs(other - value)
        : Number(other !== value)
    const guess = places.reduce((best, next) => (distance(next.value) < distance(best.value) ? next : best))
    return rivals.get(guess.cell.id) === owns.get(cell.id)
  }).length
}

describe('an attacker with the bundles of two partners', () => {
  const runs = Array.from({ length: RUNS }, (_, seed) => sharedRun(seed + 1))
  const pairsWith = (others: Others) =>
    runs.map(
      (run) => [bundleFor('own', OWN, run, others), bundleFor('rival', RIVAL, run, others), run] as const,
    )
  const pairs = pairsWith('presence')
  const named = pairsWith('pseudonym')
  // How many pseudonyms a machine has is shown to whoever is shown pseudonyms, and so is what it adds to the size.
  const cases = [
    ...Object.keys(FEATURES).map((feature) => [feature, 'presence'] as const),
    ...Object.keys(FEATURES)
      .filter((feature) => feature !== 'size' && feature !== 'count')
      .map((feature) => [feature, 'pseudonym'] as const),
  ]

  it.each(cases)(
    'joins no better than chance by %s, where products of others are told by %s',
    (feature, others) => {
      const right = (others === 'presence' ? pairs : named).reduce(
        (sum, [own, rival, run]) => sum + rightGuesses(own, rival, run, feature),
        0,
      )
      // One of 40 machines is the right one, in 1,200 guesses: 30 are right by chance. Guesses of one run depend on each other where
      // features are equal: then all name the same machine, and just one of them is right.
      const guesses = RUNS * CELLS
      const expected = guesses / CELLS
      expect(right).toBeLessThan(expected + 4 * Math.sqrt(expected))
    },
  )

  it('would join by order and by size, if these told something', () => {
    const cells = (report: PartnerReport, run: PlantedRun, partner: string): PartnerReport => {
      const pseudonyms = pseudonymsFor(partner, SECRET)
      const order = run.report.cells.map(({ planned }) => pseudonyms.id('cell', planned.id))
      return { ...report, cells: report.cells.toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id)) }
    }
    const [own, rival, run] = pairs[0]!
    expect(rightGuesses(cells(own, run, 'own'), cells(rival, run, 'rival'), run, 'order')).toBe(CELLS)
  })

  it('finds nothing that is in both bundles but words of ours and the candidate', () => {
    for (const [own, rival, run] of named) {
      const tokens = (report: PartnerReport): string[] =>
        JSON.stringify(report).match(/[A-Za-z0-9-]{8,}/g) ?? []
      const { title, release, kind, sha256 } = run.report.candidate
      const known = new Set([title, release, kind, sha256, run.report.tool.version, 'Laboratory'])
      const shared = new Set(
        tokens(own).filter((token) => new Set(tokens(rival)).has(token) && !known.has(token)),
      )
      expect(
        [...shared].filter((token) => /\d/.test(token) && token !== '2026-11-28' && token !== '2027-02-26'),
      ).toEqual([])
    }
  })
})
