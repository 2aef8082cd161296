/**
 * When a worker's silence may be held against it. Where the database was away, this process stood still, or the database's clock
 * jumped, nobody's silence means anything: all workers get a whole grace to be heard again. Pure.
 */

export interface Look {
  /** On a clock of this process that never jumps, in milliseconds. */
  readonly at: number
  /** The database's own time, in milliseconds; absent: it did not answer. */
  readonly databaseAt?: number
}

export interface Watchfulness {
  readonly last: Look | undefined
  /** Since when all was well, by this process's clock. */
  readonly since: number | undefined
}

export const NOT_YET_AWAKE: Watchfulness = { last: undefined, since: undefined }

/** Looks with a longer time between them prove nothing of the time between them. */
const LONGEST_GAP_MS = 5000
/** The two clocks may drift apart by so much between two looks. */
const LONGEST_JUMP_MS = 2000

/** Takes a look in. */
export function noteLook(before: Watchfulness, look: Look): Watchfulness {
  if (look.databaseAt === undefined) return { last: look, since: undefined }
  const { last, since } = before
  const steady =
    last?.databaseAt !== undefined &&
    since !== undefined &&
    look.at - last.at <= LONGEST_GAP_MS &&
    Math.abs(look.databaseAt - last.databaseAt - (look.at - last.at)) <= LONGEST_JUMP_MS
  return { last: look, since: steady ? since : look.at }
}

/** Whether all was well for a whole grace. */
export function mayJudgeSilence({ last, since }: Watchfulness, graceMs: number): boolean {
  return last !== undefined && since !== undefined && last.at - since >= graceMs
}
