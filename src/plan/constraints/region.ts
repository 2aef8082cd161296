/**
 * Sets of configurations as unions of boxes, for turning a constraint into what it forbids without ever listing
 * configurations. A box says for some axes which values are in it (a bit per value); other axes are free.
 */

export type Box = ReadonlyMap<number, bigint>
export type Region = readonly Box[]

/** Everything. */
export const EVERYWHERE: Region = [new Map()]
/** Nothing. */
export const NOWHERE: Region = []

/** A constraint whose forbidden region takes more boxes than this is refused: it would slow down every step of planning. */
export const BOX_LIMIT = 4000

/** Thrown where a region outgrows BOX_LIMIT. */
export class RegionTooLarge extends Error {}

/** The configurations whose value on `axis` is in `mask`; `all` is the mask of all values of the axis. */
export function slab(axis: number, mask: bigint, all: bigint): Region {
  if (mask === 0n) return NOWHERE
  return mask === all ? EVERYWHERE : [new Map([[axis, mask]])]
}

/** What is in one region or the other, with boxes that lie within others left out. */
export function unite(one: Region, other: Region): Region {
  return simplify([...one, ...other])
}

/** What is in both regions. */
export function intersect(one: Region, other: Region): Region {
  const boxes: Box[] = []
  if (one.length * other.length > BOX_LIMIT * 4) throw new RegionTooLarge()
  for (const a of one) {
    for (const b of other) {
      const box = intersectBoxes(a, b)
      if (box !== undefined) boxes.push(box)
    }
  }
  return simplify(boxes)
}

function intersectBoxes(a: Box, b: Box): Box | undefined {
  const box = new Map(a)
  for (const [axis, mask] of b) {
    const both = mask & (box.get(axis) ?? mask)
    if (both === 0n) return undefined
    box.set(axis, both)
  }
  return box
}

/** Drops boxes within others and joins boxes that differ on one axis only. */
function simplify(boxes: readonly Box[]): Region {
  const kept = joinNeighbours(boxes)
  if (kept.length > BOX_LIMIT) throw new RegionTooLarge()
  // Comparing all with all is only worth it while it is cheap.
  return kept.length > 1500
    ? kept
    : kept.filter((box, at) => !kept.some((other, place) => place !== at && within(box, other, place < at)))
}

/** Whether `box` lies in `other`; of two equal boxes only the later one does. */
function within(box: Box, other: Box, earlier: boolean): boolean {
  let equal = box.size === other.size
  for (const [axis, mask] of other) {
    const own = box.get(axis)
    if (own === undefined || (own & ~mask) !== 0n) return false
    equal &&= own === mask
  }
  return !equal || earlier
}

function joinNeighbours(boxes: readonly Box[]): Box[] {
  let current = [...boxes]
  const axes = new Set(current.flatMap((box) => [...box.keys()]))
  for (const axis of axes) {
    const merged = new Map<string, Box>()
    for (const box of current) {
      const key = keyWithout(box, axis)
      const twin = merged.get(key)
      const mask = box.get(axis)
      if (twin === undefined) merged.set(key, box)
      else if (mask !== undefined) merged.set(key, new Map(twin).set(axis, mask | twin.get(axis)!))
    }
    current = [...merged.values()]
  }
  return current
}

function keyWithout(box: Box, axis: number): string {
  const parts = [box.has(axis) ? 'with' : 'without']
  for (const [other, mask] of [...box].sort(([a], [b]) => a - b))
    if (other !== axis) parts.push(`${other}:${mask.toString(36)}`)
  return parts.join()
}
