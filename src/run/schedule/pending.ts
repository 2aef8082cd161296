/** A first-in, first-out line that a few may leave out of order: taking one of the first n costs no more than n. */
export class Pending<T> {
  #items: (T | undefined)[] = []
  #head = 0
  /** Tried again first: retries, and what waited for somebody else. */
  readonly #urgent: T[] = []
  size = 0

  push(item: T): void {
    this.#items.push(item)
    this.size += 1
  }

  pushUrgent(item: T): void {
    this.#urgent.push(item)
    this.size += 1
  }

  /** Offers the first items in order; `take` says take (and remove), keep, or stop looking. At most `limit` are kept before it stops. */
  offer(limit: number, take: (item: T, isFirst: boolean) => 'take' | 'keep' | 'stop'): void {
    let kept = 0
    for (let index = 0; index < this.#urgent.length && kept < limit;) {
      const item = this.#urgent[index] as T
      const answer = take(item, kept === 0)
      if (answer === 'stop') return
      if (answer === 'take') {
        this.#urgent.splice(index, 1)
        this.size -= 1
      } else {
        index += 1
        kept += 1
      }
    }
    for (let index = this.#head; index < this.#items.length && kept < limit; index += 1) {
      const item = this.#items[index]
      if (item === undefined) continue
      const answer = take(item, kept === 0)
      if (answer === 'stop') break
      if (answer === 'take') {
        this.#items[index] = undefined
        this.size -= 1
      } else kept += 1
    }
    while (this.#head < this.#items.length && this.#items[this.#head] === undefined) this.#head += 1
    if (this.#head === this.#items.length) {
      this.#items = []
      this.#head = 0
    }
  }
}
