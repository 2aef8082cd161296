/**
 * Two partners who lay their bundles side by side: a machine with products of both is in both bundles, and nothing but what it
 * showed may help them to find it in the other's.
 */
import type { Partner } from '../../src/model/partners.ts'
import type { PartnerCell, PartnerReport } from '../../src/model/partner-report.ts'
import { projectReport } from '../../src/publish/project-report.ts'
import { pseudonymsFor } from '../../src/publish/pseudonyms.ts'
import { OWN, plantedRun, randomFrom, RIVAL, type PlantedRun } from './planted-run.ts'

const SECRET = 'a secret of the laboratory, thirty-two characters and more'
/** Machines of a run. */
export const CELLS = 40

export type Others = 'presence' | 'pseudonym'

/** What the two partners hold of one run, and the run itself, which only the judge of the guesses knows. */
export interface Pair {
  readonly own: PartnerReport
  readonly rival: PartnerReport
  readonly run: PlantedRun
}

export function pairOf(seed: number, others: Others): Pair {
  const run = sharedRun(seed)
  return {
    own: reportFor('own', OWN, run, others),
    rival: reportFor('rival', RIVAL, run, others),
    run,
  }
}

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

function reportFor(partner: string, product: string, run: PlantedRun, others: Others): PartnerReport {
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

type Feature = (cell: PartnerCell, place: number) => number | string

/** All numbers in a text that could be a time or a duration, as one. */
const times = (cell: PartnerCell): number =>
  (JSON.stringify(cell).match(/(?<![\da-f])\d{3,13}(?![\da-f])/g) ?? []).reduce(
    (sum, text) => sum + Number(text),
    0,
  )

/** What an attacker can compare: place in the list, length of its text, counts, times, its id as a number and in parts, pseudonyms. */
export const FEATURES: Readonly<Record<string, Feature>> = {
  order: (_, place) => place,
  'order from the end': (_, place) => -place,
  size: (cell) => JSON.stringify(cell).length,
  count: (cell) => cell.others.length * 1000 + cell.attempts.valid,
  time: times,
  'beginning of its id': (cell) => Number.parseInt(cell.id.slice(5, 13), 16),
  'end of its id': (cell) => Number.parseInt(cell.id.slice(-8), 16),
  hash: (cell) => cell.id,
  pseudonyms: (cell) => cell.others.join(),
}

/** How many pseudonyms a machine has is shown to whoever is shown pseudonyms, and so is what it adds to the size. */
const TOLD_BY_PSEUDONYMS: ReadonlySet<string> = new Set(['size', 'count'])
/** All features that tell nothing taken together. */
const TOGETHER = 'all together'

/** Every way to join, by what is told of the products of others. */
export const ATTACKS: readonly (readonly [string, Others])[] = (['presence', 'pseudonym'] as const).flatMap(
  (others) =>
    [...Object.keys(FEATURES), TOGETHER]
      .filter((feature) => others === 'presence' || !TOLD_BY_PSEUDONYMS.has(feature))
      .map((feature) => [feature, others] as const),
)

/** How many machines of one bundle are found in the other by a feature: the nearest one is taken, the first of equals. */
export function rightGuesses({ own, rival, run }: Pair, feature: string): number {
  const names =
    feature === TOGETHER ? Object.keys(FEATURES).filter((name) => !TOLD_BY_PSEUDONYMS.has(name)) : [feature]
  const ids = (partner: string): ReadonlyMap<string, string> =>
    new Map(
      run.report.cells.map(({ planned }) => [
        pseudonymsFor(partner, SECRET).id('cell', planned.id),
        planned.id,
      ]),
    )
  const [owns, rivals] = [ids('own'), ids('rival')]
  const values = ({ cells }: PartnerReport): readonly (readonly (number | string)[])[] =>
    cells.map((cell, place) => names.map((name) => FEATURES[name]!(cell, place)))
  const [mine, theirs] = [values(own), values(rival)]
  /** Largest difference of each feature, so that all count alike. */
  const spans = names.map((_, at) => {
    const numbers = [...mine, ...theirs].map((row) => row[at]).filter((value) => typeof value === 'number')
    return Math.max(...numbers, 0) - Math.min(...numbers, 0) || 1
  })
  const distance = (a: readonly (number | string)[], b: readonly (number | string)[]): number =>
    a.reduce<number>((sum, value, at) => {
      const other = b[at]!
      if (typeof value === 'number' && typeof other === 'number')
        return sum + Math.abs(value - other) / spans[at]!
      return sum + Number(value !== other)
    }, 0)
  return own.cells.filter((cell, at) => {
    let [best, least] = [0, Number.POSITIVE_INFINITY]
    for (const [place, row] of theirs.entries()) {
      const far = distance(mine[at]!, row)
      if (far < least) [best, least] = [place, far]
    }
    return rivals.get(rival.cells[best]!.id) === owns.get(cell.id)
  }).length
}

/** The report with its machines in the order of the run, as a careless publisher would have them. */
export function inRunOrder({ run }: Pair, report: PartnerReport): PartnerReport {
  const pseudonyms = pseudonymsFor(report.audience.name, SECRET)
  const order = run.report.cells.map(({ planned }) => pseudonyms.id('cell', planned.id))
  return { ...report, cells: report.cells.toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id)) }
}

/**
 * So many right guesses that chance does not explain them: one of 40 machines is the right one. Guesses of one run depend on each
 * other where features are equal: then all name the same machine, and just one of them is right.
 */
export function moreThanChance(runs: number): number {
  return runs + 4 * Math.sqrt(runs)
}
