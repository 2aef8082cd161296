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
    signal.addEventListener(
      'abort',
      () => {
        for (const one of added) one()
        added.clear()
      },
      { once: true },
    )
  }
  const known = actions
  known.add(action)
  return () => void known.delete(action)
}
