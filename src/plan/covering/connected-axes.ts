import type { CoveringModel } from './covering-model.ts'

/** Which axes constraints tie together: two axes of one box are in one component; untouched axes are in none (−1). */
export function connectedAxes(model: CoveringModel): {
  readonly componentOf: Int32Array
  readonly components: readonly (readonly number[])[]
} {
  const parent = Int32Array.from(model.levels, (_, axis) => axis)
  const touched = new Uint8Array(model.levels.length)
  const root = (axis: number): number => {
    let at = axis
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!
    return at
  }
  for (const box of model.boxes) {
    for (const side of box.sides) {
      touched[side.axis] = 1
      parent[root(side.axis)] = root(box.sides[0]!.axis)
    }
  }
  const componentOf = new Int32Array(model.levels.length).fill(-1)
  const indexOf = new Map<number, number>()
  const components: number[][] = []
  for (let axis = 0; axis < model.levels.length; axis += 1) {
    if (touched[axis] === 0) continue
    const found = indexOf.get(root(axis))
    const index = found ?? components.length
    if (found === undefined) {
      indexOf.set(root(axis), index)
      components.push([])
    }
    componentOf[axis] = index
    components[index]!.push(axis)
  }
  return { componentOf, components }
}
