/** The pairs of values that no valid configuration holds, with the constraints that make them impossible. */
import { seededRandom } from '../kit/random.ts'
import type { Configuration } from '../model/matrix.ts'
import { conflictingSources } from './conflict.ts'
import { FeasiblePairs } from './covering/feasible-pairs.ts'
import type { MatrixModel } from './matrix-model.ts'

export interface InfeasibleTuple {
  /** One value where the value itself is impossible, else two. */
  readonly values: Configuration
  /** The constraints at work, as their reasons or their text; empty where the list grew too long to explain all. */
  readonly reasons: readonly string[]
}

export interface InfeasibleTuples {
  /** Impossible values, then impossible pairs of possible values; at most 1,000. */
  readonly listed: readonly InfeasibleTuple[]
  /** All of them. */
  readonly count: number
}

const LISTED = 1000
/** Explaining one tuple costs up to a few dozen solver runs. */
const EXPLAINED = 200

/** Every impossible value and pair of the matrix. */
export function infeasibleTuples(model: MatrixModel): InfeasibleTuples {
  const { owner } = model.model
  const pairs = new FeasiblePairs(model.solver, seededRandom(1))
  const found: number[][] = []
  for (let a = 0; a < owner.length; a += 1) if (!pairs.holds(a, a)) found.push([a])
  for (let a = 0; a < owner.length; a += 1) {
    for (let b = a + 1; b < owner.length; b += 1) {
      const possible = owner[a] !== owner[b] && pairs.holds(a, a) && pairs.holds(b, b)
      if (possible && !pairs.holds(a, b)) found.push([a, b])
    }
  }
  return {
    count: found.length,
    listed: found.slice(0, LISTED).map((symbols, at) => ({
      values: named(model, symbols),
      reasons:
        at < EXPLAINED
          ? conflictingSources(model, symbols).map((source) => source.reason ?? source.text)
          : [],
    })),
  }
}

function named(model: MatrixModel, symbols: readonly number[]): Configuration {
  const { owner, offsets } = model.model
  return Object.fromEntries(
    symbols.map((symbol) => {
      const axis = model.vocabulary[owner[symbol]!]!
      return [axis.id, axis.values[symbol - offsets[owner[symbol]!]!]!.id]
    }),
  )
}
