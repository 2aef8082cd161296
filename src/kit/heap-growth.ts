/** How much memory this process takes for what it keeps. */
import { setFlagsFromString } from 'node:v8'

/** From so many records on, as cells of a run, the memory of what is kept outweighs the time of the collector. */
const MANY_RECORDS = 20_000

/**
 * For work that reads or writes a whole journal, whose lines come and go by the million while something of each of `records` is kept:
 * bounds the share by which V8 lets its heap grow before it looks for what is no longer used; its own rule is up to three times as much
 * again. A run of 10,000 cells on two processors: 200 % takes 65 s and 790 MiB, 60 % takes 73 s and 590 MiB.
 */
export function boundHeapGrowth(records: number): void {
  setFlagsFromString(`--heap-growing-percent=${records < MANY_RECORDS ? 200 : 30}`)
}
