/** Everything that a plan is made from; all files are loaded, all hosts asked. */
import type { LoadedCandidate } from '../model/candidate.ts'
import type { AbsentProduct, LoadedProduct } from '../model/product.ts'
import type { HostOffer } from '../plan/feasibility.ts'
import type { Check } from '../sdk/check.ts'
import type { EarlierRun } from './earlier-run.ts'
import type { RunHistory } from './run-history.ts'
import type { LoadedLab } from '../inputs/load-lab.ts'
import type { LoadedMatrix } from '../inputs/load-matrix.ts'

export interface PlanRequest {
  readonly loaded: LoadedMatrix
  /** Absent: only configurations are planned, and nothing says what hosts can give. */
  readonly lab?: LoadedLab
  readonly candidate?: LoadedCandidate
  readonly products: ReadonlyMap<string, LoadedProduct>
  /** Products of the lab whose files are not there: their values are left out. */
  readonly absent?: readonly AbsentProduct[]
  /** What the lab's hosts can give, asked before. */
  readonly offers: readonly HostOffer[]
  readonly checks: readonly Check[]
  /** Content of the lab's plugins, by name: an updated one looks with other eyes. */
  readonly plugins?: readonly { readonly name: string; readonly sha256: string }[]
  readonly toolVersion: string
  readonly seed: number
  readonly strength?: number
  readonly effort: number
  readonly isolate: number
  /** Further repeats that the run may order for a cell whose answer is open. */
  readonly settle?: number
  /** What it has shown is not planned again. */
  readonly since?: EarlierRun
  /** Earlier runs: what failed in them comes first, and they say how long a start takes. */
  readonly history?: RunHistory
}
