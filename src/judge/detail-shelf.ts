/** What each attempt saw, for as long as a verdict may need it. Its memory does not grow with what each attempt saw. */
import { packJson, unpackJson } from '../kit/packed-json.ts'
import type { Observation } from '../model/observation.ts'
import { observationsOfLook, type Look } from '../model/observations-in.ts'
import type { AttemptState } from '../model/run-state.ts'

/** The part of an attempt that is large. */
export type AttemptDetails = Pick<AttemptState, 'observations' | 'checksRun'>

/** In the order in which they were seen; a look of a check in the form of the journal, which takes half of the memory. */
type Seen = (Observation | Look)[]

/** Attempts that are kept as they are; the others that have ended are packed. */
const UNPACKED = 256

export class DetailShelf {
  /** In the order in which they were used last. */
  readonly #unpacked = new Map<string, Seen>()
  readonly #packed = new Map<string, Buffer>()
  /** Attempts that still see something. */
  readonly #open = new Map<string, Seen>()

  /** Begins an attempt; one with the same id is forgotten. */
  open(id: string): void {
    this.drop(id)
    this.#open.set(id, [])
  }

  /** Where to add what an open attempt sees; undefined for an attempt that is not open. */
  growing(id: string): Seen | undefined {
    return this.#open.get(id)
  }

  /** Nothing more is added to it. */
  close(id: string): void {
    const seen = this.#open.get(id)
    if (seen === undefined) return
    this.#open.delete(id)
    this.#keep(id, seen)
  }

  /** What it saw; empty when it was not kept. */
  get(id: string): AttemptDetails {
    return detailsOf(this.#find(id))
  }

  #find(id: string): Seen {
    const known = this.#open.get(id) ?? this.#unpacked.get(id)
    if (known !== undefined) {
      if (this.#unpacked.delete(id)) this.#unpacked.set(id, known)
      return known
    }
    const packed = this.#packed.get(id)
    if (packed === undefined) return []
    const seen = unpackJson(packed) as Seen
    this.#packed.delete(id)
    this.#keep(id, seen)
    return seen
  }

  drop(id: string): void {
    this.#open.delete(id)
    this.#unpacked.delete(id)
    this.#packed.delete(id)
  }

  #keep(id: string, seen: Seen): void {
    this.#unpacked.set(id, seen)
    if (this.#unpacked.size <= UNPACKED) return
    const [oldest] = this.#unpacked
    if (oldest === undefined) return
    this.#unpacked.delete(oldest[0])
    this.#packed.set(oldest[0], packJson(oldest[1]))
  }
}

function detailsOf(seen: Seen): AttemptDetails {
  const details: AttemptDetails = { observations: [], checksRun: [] }
  for (const one of seen) {
    if ('fact' in one) details.observations.push(one)
    else {
      details.observations.push(...observationsOfLook(one))
      details.checksRun.push({ phase: one.phase, check: one.check })
    }
  }
  return details
}
