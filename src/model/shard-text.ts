/** A shard as people read it. */
import type { Shard } from './shard.ts'

/** `3/8`, or `3/8 of smoke`. */
export function shardText({ index, count, stages }: Shard): string {
  return `${index}/${count}${stages === undefined ? '' : ` of ${stages.join(', ')}`}`
}
