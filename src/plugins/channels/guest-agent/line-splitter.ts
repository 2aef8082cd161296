/** Cuts an untrusted byte stream into lines of bounded size. */

/** A line grew beyond the limit: the peer is broken or hostile, nothing after it can be trusted. */
export class LineTooLong extends Error {
  constructor(maximumBytes: number) {
    super(`a line of more than ${maximumBytes} bytes came over the socket`)
    this.name = 'LineTooLong'
  }
}

/** Collects pieces; a line's pieces are joined once, at its end, so that a huge line costs linear time. */
export class LineSplitter {
  readonly #maximumBytes: number
  #pieces: Buffer[] = []
  #size = 0

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes
  }

  /** The lines that this piece completes, without their newline. @throws LineTooLong */
  push(piece: Buffer): Buffer[] {
    const lines: Buffer[] = []
    let start = 0
    for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, start)) {
      this.#keep(piece.subarray(start, end))
      lines.push(
        this.#pieces.length === 1 ? (this.#pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#pieces),
      )
      this.#pieces = []
      this.#size = 0
      start = end + 1
    }
    if (start < piece.length) this.#keep(piece.subarray(start))
    return lines
  }

  #keep(piece: Buffer): void {
    this.#size += piece.length
    if (this.#size > this.#maximumBytes) throw new LineTooLong(this.#maximumBytes)
    this.#pieces.push(piece)
  }
}
