/** Listeners on abort signals that come and go thousands of times a second: a set is added to, where an event target would be searched. */

const ACTIONS = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls `action` once when the signal aborts, in the order of the calls, unless the returned function is called before. A signal that
 * has aborted already calls nothing.
 */
export function whenAborted(signal: AbortSignal, action: () => void): () => void {
  let actions = ACTIONS.get(signal)
  if (actions === undefined) {
    const added = new Set<() => void>()
    ACTIONS.set(signal, (actions = added))
    signal.addEventListener('abort', () => callAll(added), { once: true })
  }
  const known = actions
  known.add(action)
  return () => void known.delete(action)
}

/** An abort controller that calls the actions of `whenAborted` itself: its signal has no listener as long as nobody else adds one. */
export class Aborter {
  readonly #controller = new AbortController()
  readonly #actions = new Set<() => void>()

  constructor() {
    ACTIONS.set(this.#controller.signal, this.#actions)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    if (this.signal.aborted) return
    this.#controller.abort(reason)
    callAll(this.#actions)
  }
}

function callAll(actions: Set<() => void>): void {
  for (const action of actions) action()
  actions.clear()
}
