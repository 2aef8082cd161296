/** Listeners on abort signals that come and go thousands of times a second: a set is added to, where an event target would be searched. */

/** On the signal itself: the collector of memory looks after each entry of a weak map by itself. */
const ACTIONS = Symbol('what is called when this signal aborts')

interface Watched extends AbortSignal {
  [ACTIONS]?: Set<() => void>
}

/**
 * Calls `action` once when the signal aborts, in the order of the calls, unless the returned function is called before. A signal that
 * has aborted already calls nothing.
 */
export function whenAborted(signal: Watched, action: () => void): () => void {
  let actions = signal[ACTIONS]
  if (actions === undefined) {
    const added = new Set<() => void>()
    signal[ACTIONS] = actions = added
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
    ;(this.signal as Watched)[ACTIONS] = this.#actions
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
