/** Lets any number of waiters sleep until the next time something changes. */
export class WakeUp {
  #waiting = new Set<() => void>()

  /** Resolves at the next `wake`, or when the signal aborts. */
  async wait(signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve)
      signal?.addEventListener('abort', () => this.#waiting.delete(resolve) && resolve(), { once: true })
    })
  }

  wake(): void {
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const resolve of waiting) resolve()
  }
}
