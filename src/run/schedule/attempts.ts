/**
 * How often a cell is tried. Only what the host, a kill or an interrupt ended is tried again: a crash is evidence, not a flake,
 * and repeats of it only estimate how often it happens.
 */
import type { AttemptEnd } from '../../model/event.ts'
import type { AttemptState } from '../../model/run-state.ts'

/** A host's fault is tried again this often in a row, on another host when there is one (design of syzkaller, LISA: two). */
export const MAXIMUM_RETRIES = 2

/** A host that was lost under an attempt says nothing of the cell: it is tried again more often, and not for ever. */
export const MAXIMUM_LOSSES = 20

/** The tries of one arm of one cell so far. */
export interface Tries {
  /** Number of the last attempt; attempts count from 1. */
  attempts: number
  completed: number
  /** Ended by a plugin, by ringzero itself or by a wrong input: not tried again before a resume, never counted as evidence. */
  broken: number
  hostFaultsInARow: number
  /** Attempts since the last completed one whose host was lost under them. */
  losses: number
  running: number
  /** Every completed attempt went through all its phases, and nothing failed on it. */
  clean: boolean
  /** Hosts that already failed it. */
  readonly avoid: Set<string>
}

export function noTries(): Tries {
  return {
    attempts: 0,
    completed: 0,
    broken: 0,
    hostFaultsInARow: 0,
    losses: 0,
    running: 0,
    clean: true,
    avoid: new Set(),
  }
}

/** Counts the end of an attempt, in place; `lost`: its host was lost under it. */
export function countEnd(tries: Tries, end: AttemptEnd, host: string, clean: boolean, lost = false): void {
  switch (end) {
    case 'completed':
      tries.completed += 1
      tries.hostFaultsInARow = 0
      tries.losses = 0
      tries.clean &&= clean
      break
    case 'host-fault':
      if (lost) tries.losses += 1
      else {
        tries.hostFaultsInARow += 1
        tries.avoid.add(host)
      }
      break
    case 'plugin-fault':
    case 'tool-fault':
    case 'stopped':
      tries.broken += 1
      break
    case 'interrupted':
      break
  }
}

/** open: at least one more try is due. done: all repeats have an end. given-up: the hosts could not do it. */
export function triesState(tries: Tries, repeats: number): 'open' | 'done' | 'given-up' {
  if (tries.completed + tries.broken >= repeats) return 'done'
  const given = tries.hostFaultsInARow > MAXIMUM_RETRIES || tries.losses > MAXIMUM_LOSSES
  return given ? 'given-up' : 'open'
}

/** Whether a completed attempt met nothing unusual, by what its own phases and looks said. */
export function isClean(attempt: AttemptState): boolean {
  return (
    attempt.faults.length === 0 &&
    attempt.phases.every((phase) => phase.end === 'done' || phase.end === 'skipped') &&
    !attempt.flawed
  )
}
