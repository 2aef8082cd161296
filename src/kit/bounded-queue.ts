/** A queue between a producer that must not wait and one consumer: when full, the oldest are dropped and counted. */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #limit: number
  #items: T[] = []
  #wake: (() => void) | undefined
  #closed = false
  dropped = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  push(item: T): void {
    if (this.#closed) return
    this.#items.push(item)
    if (this.#items.length > this.#limit) {
      this.#items.shift()
      this.dropped += 1
    }
    this.#wake?.()
  }

  /** Ends the iteration after what is queued. */
  close(): void {
    this.#closed = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      const item = this.#items.shift()
      if (item !== undefined) {
        yield item
        continue
      }
      if (this.#closed) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }
}
