/** A row that can be changed value by value, and the chance that it fails by what is believed. */

/** A set of culprits, each as its symbols, with the belief in the set. */
export interface Hypothesis {
  readonly culprits: readonly (readonly number[])[]
  readonly probability: number
}

export class HypothesisRow {
  /** Symbols in axis order. */
  readonly row: Int32Array
  /** Belief that the row holds a culprit. */
  held = 0
  /** Culprits that hold each symbol, and hypotheses that hold each culprit. */
  readonly #culpritsOf: readonly (readonly number[])[]
  readonly #hypothesesOf: readonly (readonly number[])[]
  /** How many symbols of each culprit the row lacks. */
  readonly #missing: Int32Array
  readonly #sizes: Int32Array
  /** How many culprits of each hypothesis the row holds. */
  readonly #hits: Int32Array
  readonly #beliefs: Float64Array

  /** `owner`: the axis of each symbol; `axes`: their number. */
  constructor(hypotheses: readonly Hypothesis[], owner: Int32Array, axes: number) {
    const numbers = new Map<string, number>()
    const sizes: number[] = []
    const culpritsOf: number[][] = Array.from(owner, () => [])
    const hypothesesOf: number[][] = []
    for (const [at, { culprits }] of hypotheses.entries()) {
      for (const symbols of culprits) {
        const key = symbols.join()
        const known = numbers.get(key) ?? sizes.length
        if (known === sizes.length) {
          numbers.set(key, known)
          sizes.push(symbols.length)
          hypothesesOf.push([])
          for (const symbol of symbols) culpritsOf[symbol]?.push(known)
        }
        hypothesesOf[known]!.push(at)
      }
    }
    this.row = new Int32Array(axes).fill(-1)
    this.#culpritsOf = culpritsOf
    this.#hypothesesOf = hypothesesOf
    this.#sizes = Int32Array.from(sizes)
    this.#missing = this.#sizes.slice()
    this.#hits = new Int32Array(hypotheses.length)
    this.#beliefs = Float64Array.from(hypotheses, ({ probability }) => probability)
  }

  /** Takes over a whole row. */
  become(row: Int32Array): void {
    this.row.fill(-1)
    this.#missing.set(this.#sizes)
    this.#hits.fill(0)
    this.held = 0
    for (const [axis, symbol] of row.entries()) this.#enter(axis, symbol)
  }

  /** Changes the value of one axis. */
  change(axis: number, symbol: number): void {
    for (const culprit of this.#culpritsOf[this.row[axis]!] ?? []) {
      if (this.#missing[culprit]!++ === 0) this.#drop(culprit)
    }
    this.#enter(axis, symbol)
  }

  #enter(axis: number, symbol: number): void {
    this.row[axis] = symbol
    for (const culprit of this.#culpritsOf[symbol] ?? []) {
      if (--this.#missing[culprit]! !== 0) continue
      for (const hypothesis of this.#hypothesesOf[culprit]!)
        if (this.#hits[hypothesis]!++ === 0) this.held += this.#beliefs[hypothesis]!
    }
  }

  #drop(culprit: number): void {
    for (const hypothesis of this.#hypothesesOf[culprit]!)
      if (--this.#hits[hypothesis]! === 0) this.held -= this.#beliefs[hypothesis]!
  }
}
