/** Where the arms' numbers were measured, and what of a difference is only the speed of the computer under the machine. */
import type { AttemptState } from '../../model/run-state.ts'
import { judgedBoots } from '../attempt-view.ts'
import { median } from '../statistics/compare-samples.ts'

/** own: beside the candidate. run: for another cell of this run. store: in an earlier run, under whatever load there was. */
export type ControlOrigin = 'own' | 'run' | 'store'

export interface HostComparison {
  /** How the control was measured, as the subject of a sentence; undefined where both arms ran side by side. */
  readonly where?: string
  /** On another computer, or at another time: a difference in speed cannot be held against the candidate at all. */
  readonly elsewhere: boolean
  /** How many times as long a start took here before the candidate came as on the control; 1 where it was no slower, or this is unknown. */
  readonly slowdown: number
}

/** Compares the places of the valid attempts of both arms. */
export function compareHosts(
  candidates: readonly AttemptState[],
  controls: readonly AttemptState[],
  origin: ControlOrigin,
): HostComparison {
  const [here, there] = [hostsOf(candidates), hostsOf(controls)]
  const apart = [...here].some((host) => !there.has(host)) || [...there].some((host) => !here.has(host))
  const slowdown = slowdownOf(firstStarts(candidates), firstStarts(controls))
  if (!apart && origin === 'own') return { elsewhere: false, slowdown }
  return {
    where: apart
      ? `the control was measured on another host (${[...here].join(', ')} against ${[...there].join(', ')})`
      : `the control was measured ${origin === 'store' ? 'in another run' : 'for another cell'}`,
    elsewhere: apart || origin === 'store',
    slowdown,
  }
}

function hostsOf(attempts: readonly AttemptState[]): Set<string> {
  return new Set(attempts.map(({ host }) => host))
}

function slowdownOf(here: readonly number[], there: readonly number[]): number {
  if (here.length === 0 || there.length === 0) return 1
  const ratio = median(here) / median(there)
  return Number.isFinite(ratio) ? Math.max(1, ratio) : 1
}

/** First starts, which come before the candidate, from the fastest to the slowest. */
function firstStarts(attempts: readonly AttemptState[]): number[] {
  return attempts
    .flatMap(judgedBoots)
    .filter(({ phase, fact }) => phase === 'boot' && fact.ended === 'settled')
    .flatMap(({ fact }) => fact.settledMs ?? fact.readyMs ?? [])
    .sort((a, b) => a - b)
}
