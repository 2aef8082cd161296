/**
 * The switch of the judge's mutants: each place of the judge that has mutants asks it which way to go. The judge that decides about
 * releases is loaded without these questions.
 */

/** A mutant asks so often that it cannot come to an end. */
export class EndlessMutant extends Error {
  override readonly name = 'EndlessMutant'
}

const NONE = -1
let active = NONE
let asked = 0
let most = Number.POSITIVE_INFINITY
let reached: Map<number, number> | undefined

/** Asked by the instrumented judge: whether this mutant is active. @throws EndlessMutant */
export function isActiveMutant(id: number): boolean {
  if (reached !== undefined) reached.set(id, (reached.get(id) ?? 0) + 1)
  if (id !== active) return false
  asked += 1
  if (asked > most) throw new EndlessMutant(`mutant ${id} was asked ${asked} times`)
  return true
}

/**
 * Makes a mutant active; after `limit` questions it counts as an endless mutant. Without a number the judge is as it is.
 */
export function activate(id?: number, limit: number = Number.POSITIVE_INFINITY): void {
  active = id ?? NONE
  asked = 0
  most = limit
}

/** Counts from here on how often each place is asked, until `forget`. */
export function remember(): ReadonlyMap<number, number> {
  const seen = new Map<number, number>()
  reached = seen
  return seen
}

/** Counts no more. */
export function forget(): void {
  reached = undefined
}
