/** What many runs say together: `ringzero history --json`, and what its page draws. */
import type { Gate } from './report.ts'
import type { SymptomClass } from './symptom.ts'
import type { Outcome } from './verdict.ts'

export interface History {
  readonly schema: 'ringzero/history/1'
  /** The oldest first. */
  readonly runs: readonly HistoryRun[]
  /** Every failure that any run has, those seen last first. */
  readonly signatures: readonly HistorySignature[]
  /** Configurations that failed in some attempts of one candidate and not in others. */
  readonly flaky: readonly FlakyConfiguration[]
  /** Folders that are no runs, or could not be read, with the reason. */
  readonly unread: readonly { readonly folder: string; readonly reason: string }[]
}

export interface HistoryRun {
  readonly run: string
  /** Absolute. */
  readonly folder: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly endedAt?: number
  readonly matrix: string
  readonly candidate: string
  readonly release: string
  readonly simulated: boolean
  /** Absent where no gate was decided. */
  readonly decision?: Gate['decision']
  readonly counts: Readonly<Record<Outcome, number>>
  /** Milliseconds from the start of the run to the end of the first attempt that showed a failure of the candidate. */
  readonly timeToRedMs?: number
  /** Combinations of the plan's strength that were judged, of those that can be. */
  readonly coverage: { readonly strength: number; readonly covered: number; readonly feasible: number }
  /** Share of the fleet whose combinations all worked. */
  readonly fleetShare: number
  readonly control: ControlHealth
}

/** How the machines without the candidate did: what is wrong with these is wrong with the lab. */
export interface ControlHealth {
  readonly attempts: number
  /** Something was found on them. */
  readonly failing: number
  /** They say nothing: not completed, or not the machine that was asked for. */
  readonly invalid: number
}

export interface HistorySignature {
  readonly signature: string
  readonly class: SymptomClass
  readonly severity: 'fail' | 'warn'
  readonly summary: string
  /** Places in `runs`. */
  readonly firstSeen: number
  readonly lastSeen: number
  /** In the latest run of its matrix: seen for the first time, seen before and still there, or no longer there. */
  readonly state: 'new' | 'known' | 'gone'
  /** Each run that shows it, with how many cells. */
  readonly seen: readonly { readonly run: number; readonly cells: number }[]
  /** Values of the configurations: in how many cells that hold the value it was seen, of all of these in the runs that show it; the highest share first. */
  readonly values: readonly ValueShare[]
}

export interface ValueShare {
  readonly axis: string
  readonly value: string
  readonly failing: number
  readonly cells: number
}

export interface FlakyConfiguration {
  readonly configuration: Readonly<Record<string, string>>
  readonly candidate: string
  /** Of which it was flaky in the same way, the latest last. */
  readonly releases: readonly string[]
  /** Attempts that count, over all runs of these releases. */
  readonly failing: number
  readonly valid: number
  /** Exact 95 % bounds of the failure rate. */
  readonly low: number
  readonly high: number
  readonly runs: readonly number[]
  readonly signatures: readonly string[]
}
