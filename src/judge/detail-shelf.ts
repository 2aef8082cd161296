/** What each attempt saw, for as long as a verdict may need it. Its memory does not grow with what each attempt saw. */
import { packJson, unpackJson } from '../kit/packed-json.ts'
import type { AttemptState } from '../model/run-state.ts'

/** The part of an attempt that is large. */
export type AttemptDetails = Pick<AttemptState, 'observations' | 'checksRun'>

/** Attempts that are kept as they are; the others that have ended are packed. */
const UNPACKED = 256

export class DetailShelf {
  /** In the order in which they were used last. */
  readonly #unpacked = new Map<string, AttemptDetails>()
  readonly #packed = new Map<string, Buffer>()
  /** Attempts that still see something. */
  readonly #open = new Map<string, AttemptDetails>()

  /** Begins an attempt; one with the same id is forgotten. */
  open(id: string): void {
    this.drop(id)
    this.#open.set(id, { observations: [], checksRun: [] })
  }

  /** Where to add what an open attempt sees; undefined for an attempt that is not open. */
  growing(id: string): AttemptDetails | undefined {
    return this.#open.get(id)
  }

  /** Nothing more is added to it. */
  close(id: string): void {
    const details = this.#open.get(id)
    if (details === undefined) return
    this.#open.delete(id)
    this.#keep(id, details)
  }

  /** What it saw; empty when it was not kept. */
  get(id: string): AttemptDetails {
    const known = this.#open.get(id) ?? this.#unpacked.get(id)
    if (known !== undefined) {
      if (this.#unpacked.delete(id)) this.#unpacked.set(id, known)
      return known
    }
    const packed = this.#packed.get(id)
    if (packed === undefined) return { observations: [], checksRun: [] }
    const details = unpackJson(packed) as AttemptDetails
    this.#packed.delete(id)
    this.#keep(id, details)
    return details
  }

  drop(id: string): void {
    this.#open.delete(id)
    this.#unpacked.delete(id)
    this.#packed.delete(id)
  }

  #keep(id: string, details: AttemptDetails): void {
    this.#unpacked.set(id, details)
    if (this.#unpacked.size <= UNPACKED) return
    const [oldest] = this.#unpacked
    if (oldest === undefined) return
    this.#unpacked.delete(oldest[0])
    this.#packed.set(oldest[0], packJson(oldest[1]))
  }
}
