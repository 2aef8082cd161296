/** The fleet by configuration, with what the lab has shown of each. Pure. */
import { canonicalJson } from '../kit/hash.ts'
import type { Configuration } from '../model/matrix.ts'

/** A cell that has a verdict. */
export interface LabCell {
  readonly configuration: Configuration
  readonly failed: boolean
  /** Attempts with the candidate that count. */
  readonly valid: number
  /** Recovery steps that brought it back, rollback among them. */
  readonly recovery: readonly string[]
}

export interface FleetClass {
  readonly configuration: Configuration
  readonly machines: number
  readonly lab: 'tested' | 'covered' | 'unseen' | 'failed'
  /** 95 % upper bound of its failure rate. */
  readonly rateHigh: number
  /** Pairs of values that no passing cell had, as people read them. */
  readonly unseen: readonly string[]
  readonly recovery: readonly string[]
}

/** Combination of values → attempts of passing cells that had it. */
export type LabTries = ReadonlyMap<string, number>

/** Bounds of a failure rate from failures and tries. */
export type RateBounds = (failing: number, tries: number) => { readonly high: number }

/** All combinations of one to `size` values of a configuration, as keys. */
export function combinationsOf(configuration: Configuration, size: number): string[] {
  let found: string[] = []
  for (const [axis, value] of Object.entries(configuration)) {
    const pair = `${axis}=${value}`
    const longer = found.flatMap((known) => (known.split(' × ').length < size ? [`${known} × ${pair}`] : []))
    found = [...found, pair, ...longer]
  }
  return found
}

/** How often each combination of up to `size` values was seen on passing cells. */
export function labTries(cells: readonly LabCell[], size: number): LabTries {
  const tries = new Map<string, number>()
  for (const { configuration, failed, valid } of cells)
    if (!failed)
      for (const key of combinationsOf(configuration, size)) tries.set(key, (tries.get(key) ?? 0) + valid)
  return tries
}

/**
 * One class for each configuration of the fleet, the riskiest first: what no cell has seen, by machines, then what is only
 * covered pair by pair, then what was tested as it is.
 * @param suspects combinations that the run blames: whatever holds one is not deployed to
 */
export function fleetClasses(
  fleet: readonly Configuration[],
  cells: readonly LabCell[],
  suspects: readonly Configuration[],
  bounds: RateBounds,
): FleetClass[] {
  const tries = labTries(cells, 2)
  const own = Map.groupBy(cells, ({ configuration }) => canonicalJson(configuration))
  const order = ['unseen', 'covered', 'tested', 'failed']
  return [...Map.groupBy(fleet, (configuration) => canonicalJson(configuration))]
    .map(([key, machines]): FleetClass => {
      const configuration = machines[0] ?? {}
      const mine = own.get(key) ?? []
      const pairs = combinationsOf(configuration, 2).filter((name) => name.includes(' × '))
      const unseen = (pairs.length > 0 ? pairs : combinationsOf(configuration, 1)).filter(
        (name) => (tries.get(name) ?? 0) === 0,
      )
      const failed =
        mine.some((cell) => cell.failed) ||
        suspects.some((values) =>
          Object.entries(values).every(([axis, value]) => configuration[axis] === value),
        )
      const valid = mine.reduce((sum, cell) => sum + (cell.failed ? 0 : cell.valid), 0)
      const lab = failed ? 'failed' : unseen.length > 0 ? 'unseen' : valid > 0 ? 'tested' : 'covered'
      const fewest = pairs.reduce((least, name) => Math.min(least, tries.get(name) ?? 0), Infinity)
      const counted = valid > 0 ? valid : Number.isFinite(fewest) ? fewest : 0
      return {
        configuration,
        machines: machines.length,
        lab,
        rateHigh: lab === 'unseen' || lab === 'failed' ? 1 : bounds(0, counted).high,
        unseen,
        recovery: [...new Set(mine.flatMap((cell) => cell.recovery))],
      }
    })
    .sort(
      (a, b) =>
        order.indexOf(a.lab) - order.indexOf(b.lab) ||
        b.unseen.length * b.machines - a.unseen.length * a.machines ||
        b.machines - a.machines ||
        (canonicalJson(a.configuration) < canonicalJson(b.configuration) ? -1 : 1),
    )
}
