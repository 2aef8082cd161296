/** A shard as people read it. */
import type { Shard } from './shard.ts'

/** `3/8`, `3/8 of smoke`, or `of chosen cells`. */
export function shardText({ index, count, stages, cells }: Shard): string {
  if (cells !== undefined) return 'of chosen cells'
  return `${index}/${count}${stages === undefined ? '' : ` of ${stages.join(', ')}`}`
}
