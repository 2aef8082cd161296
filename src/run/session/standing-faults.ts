/** Faults of ours and of plugins that a run still stands on, whichever of its sessions met them. */
import type { AttemptState, RunState } from '../../model/run-state.ts'

/**
 * How many faults of plugins and of this program lie in the attempts that the verdicts rest on: the completed ones of each cell and arm,
 * or the last one where none was completed. A fault of a session before counts until the attempt was made again without it.
 */
export function standingFaults(state: RunState): number {
  const arms = Map.groupBy(state.attempts, ({ cell, arm }) => `${cell} ${arm}`)
  return [...arms.values()].flatMap(standing).flatMap(({ faults }) => faults.filter(isOurs)).length
}

function standing(attempts: readonly AttemptState[]): readonly AttemptState[] {
  const completed = attempts.filter(({ end }) => end === 'completed')
  return completed.length > 0 ? completed : attempts.slice(-1)
}

function isOurs({ fault }: AttemptState['faults'][number]): boolean {
  return fault === 'plugin' || fault === 'tool'
}
