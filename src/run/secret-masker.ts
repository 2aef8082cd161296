/** Stands in front of every sink of a run: values of secrets that were handed out never reach a journal, log or evidence text. */

const MASK = '••••••'
/** Masking one or two characters would shred ordinary text and protect nothing. */
const SHORTEST_SECRET = 4

export class SecretMasker {
  readonly #spellings = new Set<string>()

  /** Wraps a source of secrets: what it hands out is masked from then on. */
  watch(secret: (name: string) => string): (name: string) => string {
    return (name) => {
      const value = secret(name)
      this.add(value)
      return value
    }
  }

  /** Masks a value as it is and as it looks in JSON, in base64 and in a URL. */
  add(value: string): void {
    if (value.length < SHORTEST_SECRET) return
    for (const spelling of [
      value,
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value, 'utf8').toString('base64'),
      Buffer.from(value, 'utf16le').toString('base64'),
      encodeURIComponent(value),
    ])
      this.#spellings.add(spelling)
  }

  text(text: string): string {
    let masked = text
    for (const spelling of this.#spellings) masked = masked.replaceAll(spelling, MASK)
    return masked
  }

  /** Every string inside a JSON value, keys included. The same value when no secret was handed out yet. */
  json<T>(value: T): T {
    if (this.#spellings.size === 0) return value
    return this.#walk(value) as T
  }

  /** Text evidence. Bytes that are not text are returned as they are. */
  bytes(data: Uint8Array): Uint8Array {
    let masked = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    for (const spelling of this.#spellings) {
      const secret = Buffer.from(spelling)
      for (let at = masked.indexOf(secret); at >= 0; at = masked.indexOf(secret, at + 1))
        masked = Buffer.concat([
          masked.subarray(0, at),
          Buffer.alloc(secret.length, '*'),
          masked.subarray(at + secret.length),
        ])
    }
    return masked
  }

  #walk(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value)
    if (Array.isArray(value)) return value.map((entry) => this.#walk(entry))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [this.text(key), this.#walk(entry)]),
    )
  }
}
