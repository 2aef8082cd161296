import type { HistoryRun } from '../../model/history.ts'

/** `2026-11-27`, in UTC: the same for every reader. */
export function dayOf({ startedAt }: Pick<HistoryRun, 'startedAt'>): string {
  return new Date(startedAt).toISOString().slice(0, 10)
}

/** `293 (2026-11-27)`. */
export function runName(run: HistoryRun | undefined): string {
  return run === undefined ? '–' : `${run.release} (${dayOf(run)})`
}
