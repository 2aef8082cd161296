/** Stages of cells that a run adds to tell suspects apart. Their name is reserved: no stage of a matrix may have it. */

const PREFIX = 'isolation'

/** The id of the n-th such stage of a run; `ordinal` starts at 1. */
export function isolationStage(ordinal: number): string {
  return `${PREFIX}-${ordinal}`
}

/** Whether a stage was added by the run, or is called as if it were. */
export function isIsolationStage(id: string): boolean {
  return id === PREFIX || id.startsWith(`${PREFIX}-`)
}
