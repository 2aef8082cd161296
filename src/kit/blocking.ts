/** Long computations that let nothing else of this process have its turn. */

const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs a computation that may take long and that a kill cannot harm: it has nothing to undo and writes nothing. Meanwhile the signals
 * that end a process end it at once, as the system does by itself, since a handler in here would wait for the computation.
 */
export function blocking<T>(compute: () => T): T {
  const handlers = ENDING.map((name) => ({ name, known: process.rawListeners(name) as (() => void)[] }))
  for (const { name } of handlers) process.removeAllListeners(name)
  try {
    return compute()
  } finally {
    for (const { name, known } of handlers) for (const handler of known) process.on(name, handler)
  }
}
