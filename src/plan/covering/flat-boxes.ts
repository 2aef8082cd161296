import type { CoveringModel } from './covering-model.ts'

/** The forbidden boxes laid out in flat arrays, so that asking whether a row lies in one is a few looks at memory. */
export class FlatBoxes {
  /** Where each box' sides begin; one more entry than boxes. */
  readonly #start: Int32Array
  readonly #axes: Int32Array
  /** Plus a symbol of the side's axis: the place in `#members` that is 1 if the side holds the symbol. */
  readonly #bases: Int32Array
  readonly #members: Uint8Array

  constructor(model: CoveringModel) {
    const sides = model.boxes.flatMap((box) => box.sides)
    this.#start = new Int32Array(model.boxes.length + 1)
    model.boxes.forEach((box, index) => {
      this.#start[index + 1] = this.#start[index]! + box.sides.length
    })
    this.#axes = Int32Array.from(sides, (side) => side.axis)
    this.#bases = new Int32Array(sides.length)
    let size = 0
    sides.forEach((side, index) => {
      this.#bases[index] = size - model.offsets[side.axis]!
      size += model.levels[side.axis]!
    })
    this.#members = new Uint8Array(size)
    sides.forEach((side, index) => {
      for (const symbol of side.symbols) this.#members[this.#bases[index]! + symbol] = 1
    })
  }

  /** Whether the full row at `start` lies in the box on all axes but `except`. */
  hold(box: number, row: Int32Array, start: number, except: number): boolean {
    const end = this.#start[box + 1]!
    for (let side = this.#start[box]!; side < end; side += 1) {
      const axis = this.#axes[side]!
      if (axis !== except && this.#members[this.#bases[side]! + row[start + axis]!] === 0) return false
    }
    return true
  }
}
