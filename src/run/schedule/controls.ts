/** Which cell runs the control arm that others share: cells with equal control keys boot the same machine without the candidate. */

/**
 * free: no cell has run it. owned: one cell runs it, the others wait. ready: it ran clean and is taken over by all others.
 * own: it ran and something was wrong with it, so every cell runs its own and nothing is concluded from one bad machine.
 */
type KeyState =
  | { readonly kind: 'free' }
  | { readonly kind: 'owned'; readonly cell: string }
  | { readonly kind: 'ready'; readonly source: string }
  | { readonly kind: 'own' }

const FREE: KeyState = { kind: 'free' }

export class Controls<Waiting> {
  readonly #keys = new Map<string, KeyState>()
  readonly #waiting = new Map<string, Waiting[]>()

  /** What a cell does about its control now; "run" makes it the owner. */
  ask(
    key: string,
    cell: string,
    waiting: Waiting,
  ): { readonly answer: 'run' | 'wait' } | { readonly answer: 'reuse'; readonly source: string } {
    const state = this.#keys.get(key) ?? FREE
    if (state.kind === 'ready') return { answer: 'reuse', source: state.source }
    if (state.kind === 'owned' && state.cell !== cell) {
      const line = this.#waiting.get(key)
      if (line === undefined) this.#waiting.set(key, [waiting])
      else line.push(waiting)
      return { answer: 'wait' }
    }
    return { answer: 'run' }
  }

  /** The asked machine really starts now. */
  own(key: string, cell: string): void {
    const state = this.#keys.get(key) ?? FREE
    if (state.kind === 'free') this.#keys.set(key, { kind: 'owned', cell })
  }

  /** It ran to its end: returns those who waited. A control that is already ready stays so. */
  finish(key: string, source: string, result: 'clean' | 'unclean' | 'given-up'): readonly Waiting[] {
    const state = this.#keys.get(key) ?? FREE
    if (state.kind === 'ready') return []
    if (state.kind === 'owned' && state.cell !== source) return []
    this.#keys.set(
      key,
      result === 'clean' ? { kind: 'ready', source } : result === 'unclean' ? { kind: 'own' } : FREE,
    )
    const line = this.#waiting.get(key) ?? []
    this.#waiting.delete(key)
    return line
  }

  /** It can be taken over from the store of earlier runs. */
  markReady(key: string, source: string): void {
    this.#keys.set(key, { kind: 'ready', source })
  }

  /** Its source cannot be read any more: it is run again. */
  markFree(key: string): void {
    this.#keys.set(key, FREE)
  }
}
