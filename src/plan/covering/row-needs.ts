/** Who carries what: for each row and cell, how many tuples only this row covers. Kept by the tuple counts of all families. */
export class RowNeeds {
  readonly axes: number
  /** `cells[row * axes + axis]`: tuples through this cell that no other row covers. 0: the cell is free to change. */
  readonly cells: Int32Array
  /** `rows[row]`: tuples that only this row covers; what would be lost with it. */
  readonly rows: Int32Array

  constructor(rows: number, axes: number) {
    this.axes = axes
    this.cells = new Int32Array(rows * axes)
    this.rows = new Int32Array(rows)
  }
}
