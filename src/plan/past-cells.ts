/** What the cells of earlier runs tell a planner: which values failed before, and how long a start takes. Pure. */
import { canonicalJson } from '../kit/hash.ts'
import type { Configuration } from '../model/matrix.ts'
import type { OsName } from '../model/recipe.ts'

/** A cell of an earlier run that has a verdict. */
export interface PastCell {
  readonly configuration: Configuration
  readonly os: OsName
  readonly failed: boolean
  /** Seconds of one start of its machine, with all that was done around it but without the soak; absent where it never booted. */
  readonly startSeconds?: number
}

/** Seconds of one start of a machine with this configuration; undefined where no run with this OS says anything. */
export type StartSeconds = (configuration: Configuration, os: OsName) => number | undefined

/** No estimate is below this share of what all machines took on average. */
const SHORTEST_SHARE = 0.2

/**
 * The same configuration counts for itself. Any other is estimated from its values: the average of all machines, with what
 * each of its values made longer or shorter.
 */
export function measuredStarts(cells: readonly PastCell[]): StartSeconds {
  const systems = new Map<OsName, { all: Mean; exact: Map<string, Mean>; values: Map<string, Mean> }>()
  for (const { configuration, os, startSeconds } of cells) {
    if (startSeconds === undefined) continue
    const system = systems.get(os) ?? { all: new Mean(), exact: new Map(), values: new Map() }
    systems.set(os, system)
    system.all.add(startSeconds)
    meanOf(system.exact, canonicalJson(configuration)).add(startSeconds)
    for (const value of Object.entries(configuration))
      meanOf(system.values, value.join('=')).add(startSeconds)
  }
  return (configuration, os) => {
    const system = systems.get(os)
    if (system === undefined) return undefined
    const exact = system.exact.get(canonicalJson(configuration))
    if (exact !== undefined) return exact.value
    const average = system.all.value
    const estimate = Object.entries(configuration).reduce(
      (sum, value) => sum + (system.values.get(value.join('='))?.value ?? average) - average,
      average,
    )
    return Math.max(estimate, average * SHORTEST_SHARE)
  }
}

class Mean {
  #sum = 0
  #count = 0

  add(value: number): void {
    this.#sum += value
    this.#count += 1
  }

  get value(): number {
    return this.#sum / Math.max(1, this.#count)
  }
}

function meanOf(means: Map<string, Mean>, key: string): Mean {
  const mean = means.get(key) ?? new Mean()
  means.set(key, mean)
  return mean
}
