/** What all earlier runs of a folder tell the planner. They order a plan and say how long it takes; they leave nothing out of it. */
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { hashJson } from '../kit/hash.ts'
import { AppError, asAppError } from '../model/errors.ts'
import type { PastCell } from '../plan/past-cells.ts'
import { readPastRun } from './past-run.ts'

export interface RunHistory {
  /** The runs that were read, by name; equal hashes tell the planner the same. */
  readonly runs: readonly { readonly name: string; readonly sha256: string }[]
  readonly cells: readonly PastCell[]
}

export const NO_HISTORY: RunHistory = { runs: [], cells: [] }

/** A run as history. */
export function historyOf(name: string, cells: readonly PastCell[]): RunHistory {
  return { runs: [{ name, sha256: hashJson(cells) }], cells }
}

/** Both together; a run that is in both counts once. */
export function joinHistories(one: RunHistory, other: RunHistory): RunHistory {
  const known = new Set(one.runs.map(({ name }) => name))
  return other.runs.some(({ name }) => known.has(name))
    ? one
    : { runs: [...one.runs, ...other.runs], cells: [...one.cells, ...other.cells] }
}

/**
 * Reads every run folder directly in `folder`, in the order of their names. A run that cannot be read, or was simulated, is
 * told to `warn` and left out.
 * @throws AppError HISTORY_UNREADABLE (user) when there is no such folder
 */
export async function loadRunHistory(folder: string, warn: (message: string) => void): Promise<RunHistory> {
  const entries = await readdir(resolve(folder), { withFileTypes: true }).catch((error: unknown) => {
    throw new AppError('HISTORY_UNREADABLE', 'user', `${folder} cannot be read as a folder of runs`, {
      hint: 'give the folder that holds run folders, as runs',
      cause: error,
    })
  })
  let history = NO_HISTORY
  for (const name of entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort()) {
    try {
      const { state, past } = await readPastRun(join(resolve(folder), name))
      history = joinHistories(history, historyOf(state.run, past))
    } catch (error) {
      const { fault, message } = asAppError(error)
      if (fault !== 'user') throw error
      warn(`${join(folder, name)} is left out of the history: ${message}`)
    }
  }
  return history
}
