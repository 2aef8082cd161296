/** Divides the cells of a plan among runners: balanced by how long they take, the same on every machine. Pure. */
import { hashJson } from '../kit/hash.ts'
import type { Plan, PlannedCell } from '../model/plan.ts'
import type { Shard } from '../model/shard.ts'

/** Cells that must run on one runner, since they share a measured control or a checkpoint. */
interface CellGroup {
  readonly cells: readonly PlannedCell[]
  readonly images: ReadonlySet<string>
  readonly seconds: number
  /** Its smallest cell id. */
  readonly name: string
}

interface Division {
  readonly shards: readonly (readonly CellGroup[])[]
  /** Seconds of the longest shard. */
  readonly longest: number
}

/** How much longer the longest shard may be for the sake of fewer images on each runner. */
const PRICE_OF_AN_IMAGE = 1.05

/** Ids of the cells of one shard, in the order of the plan. */
export function shardCells(plan: Plan, shard: Shard): string[] {
  const mine = new Set(shard.cells ?? divideCells(plan, shard)[shard.index - 1] ?? [])
  return plan.cells.flatMap(({ id }) => (mine.has(id) ? [id] : []))
}

/**
 * Ids of the cells of each shard. Each cell of the stages is in exactly one. Cells with the same machine are never divided:
 * their control is measured once and their checkpoint is made once. Cells of one image stay together where that makes the
 * longest shard at most 5 % longer; else every runner would have to build every image.
 */
export function divideCells(plan: Plan, { count, stages }: Omit<Shard, 'index'>): string[][] {
  const wanted = new Set(stages ?? plan.stages.map(({ id }) => id))
  const groups = groupsOf(plan.cells.filter(({ stage }) => wanted.has(stage)))
  const quickest = placeAll(groups, count, 0)
  const together = placeAll(groups, count, quickest.longest * PRICE_OF_AN_IMAGE)
  const { shards } = together.longest <= quickest.longest * PRICE_OF_AN_IMAGE ? together : quickest
  return shards.map((shard) => shard.flatMap(({ cells }) => cells.map(({ id }) => id)))
}

/** Seconds of the machines of these cells, one after the other; a control that they share is counted once. */
export function shardSeconds(cells: readonly PlannedCell[]): number {
  return groupsOf(cells).reduce((sum, { seconds }) => sum + seconds, 0)
}

/** The longest first; of equally long ones the one with the smaller name. */
function groupsOf(cells: readonly PlannedCell[]): readonly CellGroup[] {
  const groups = new DisjointCells()
  for (const cell of cells) {
    const { machine, image, products, provider, controlKey, id } = cell
    groups.join(id, `control ${controlKey}`)
    groups.join(id, `machine ${hashJson({ machine, image, products, provider })}`)
  }
  return [...Map.groupBy(cells, ({ id }) => groups.rootOf(id)).values()]
    .map((members) => ({
      cells: members,
      images: new Set(members.map(({ image }) => image)),
      // Half of what a cell takes is its control.
      seconds:
        members.reduce((sum, { expectedSeconds }) => sum + expectedSeconds / 2, 0) +
        Math.max(...members.map(({ expectedSeconds }) => expectedSeconds / 2)),
      name: members.map(({ id }) => id).reduce((least, id) => (id < least ? id : least)),
    }))
    .sort((a, b) => b.seconds - a.seconds || (a.name < b.name ? -1 : 1))
}

/** Each group goes to the shard that has its images already as long as that takes at most `limit` seconds, else to the one with least to do. */
function placeAll(groups: readonly CellGroup[], count: number, limit: number): Division {
  const shards = Array.from({ length: count }, () => ({
    groups: [] as CellGroup[],
    images: new Set<string>(),
    seconds: 0,
  }))
  for (const group of groups) {
    const least = shards.reduce((best, shard) => (shard.seconds < best.seconds ? shard : best))
    const known = shards
      .filter(
        (shard) =>
          shard.seconds + group.seconds <= limit &&
          [...group.images].every((image) => shard.images.has(image)),
      )
      .reduce<typeof least | undefined>(
        (best, shard) => (best === undefined || shard.seconds < best.seconds ? shard : best),
        undefined,
      )
    const chosen = known ?? least
    chosen.groups.push(group)
    chosen.seconds += group.seconds
    for (const image of group.images) chosen.images.add(image)
  }
  return {
    shards: shards.map((shard) => shard.groups),
    longest: shards.reduce((most, { seconds }) => Math.max(most, seconds), 0),
  }
}

/** Which cells belong together, by the names that they share. */
class DisjointCells {
  readonly #parents = new Map<string, string>()

  rootOf(name: string): string {
    let root = name
    for (let parent = this.#parents.get(root); parent !== undefined; parent = this.#parents.get(root))
      root = parent
    return root
  }

  join(one: string, other: string): void {
    const [a, b] = [this.rootOf(one), this.rootOf(other)]
    if (a !== b) this.#parents.set(a, b)
  }
}
