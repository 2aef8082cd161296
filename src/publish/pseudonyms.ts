/** Names that say nothing: keyed hashes, the same over all runs for one partner and different between partners. */
import { createHmac } from 'node:crypto'

/** Consonants of which no word can be made. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'

export interface Pseudonyms {
  /** `cell-0a1b…`, `run-…`, `report-…`. */
  id(kind: 'cell' | 'run' | 'report', name: string): string
  /** `Product KXTR-BQZW`. */
  product(id: string): string
  /** Hexadecimal; does not show without the key what it was made of, and proves it to whoever gets the key. */
  commitment(label: string, value: string): string
}

/** `secret`: of the lab, at least 32 characters. */
export function pseudonymsFor(partner: string, secret: string): Pseudonyms {
  // A key for each partner, so that two readers who compare what they hold find nothing equal.
  const key = createHmac('sha256', secret).update(`ringzero/partner/1\0${partner}`).digest()
  const digest = (kind: string, name: string): Buffer =>
    createHmac('sha256', key).update(`${kind}\0${name}`).digest()
  return {
    id: (kind, name) => `${kind}-${digest(kind, name).toString('hex').slice(0, 20)}`,
    product(name) {
      const letters = [...digest('product', name).subarray(0, 8)].map(
        (byte) => LETTERS[byte % LETTERS.length],
      )
      return `Product ${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`
    },
    commitment: (label, value) => digest(`commitment/${label}`, value).toString('hex'),
  }
}
