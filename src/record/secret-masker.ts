/** Stands in front of every sink of a run: values of the lab's secrets never reach a journal, log or evidence text. */

const MASK = '••••••'
/** Masking one or two characters would shred ordinary text and protect nothing. */
const SHORTEST_SECRET = 4
/** The same for the part of a base64 text that a secret alone decides. */
const SHORTEST_BASE64 = 5

export class SecretMasker {
  readonly #values = new Set<string>()
  /** Longest first: of a secret that begins with another one the end would be left in clear. */
  #spellings: readonly string[] = []

  /** Wraps a source of secrets: what it hands out is masked from then on. */
  watch(secret: (name: string) => string): (name: string) => string {
    return (name) => {
      const value = secret(name)
      this.add(value)
      return value
    }
  }

  /** Masks a value as it is and as it looks in JSON, in a URL, and within base64. */
  add(value: string): void {
    if (value.length < SHORTEST_SECRET || this.#values.has(value)) return
    this.#values.add(value)
    const all = new Set([...this.#spellings, ...spellingsOf(value)])
    this.#spellings = [...all].toSorted((a, b) => b.length - a.length)
  }

  text(text: string): string {
    let masked = text
    for (const spelling of this.#spellings) masked = masked.replaceAll(spelling, MASK)
    return masked
  }

  /** Every string inside a JSON value, keys included. The same value when no secret was handed out yet. */
  json<T>(value: T): T {
    if (this.#spellings.length === 0) return value
    return this.#walk(value) as T
  }

  /** Text evidence in UTF-8 or UTF-16, as long as it was. The same bytes when there is no secret in them. */
  bytes(data: Uint8Array): Uint8Array {
    let masked: Buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    let own = false
    for (const encoding of ['utf8', 'utf16le'] as const) {
      for (const spelling of this.#spellings) {
        const secret = Buffer.from(spelling, encoding)
        for (let at = masked.indexOf(secret); at >= 0; at = masked.indexOf(secret, at + secret.length)) {
          if (!own) masked = Buffer.from(masked)
          own = true
          masked.fill('*', at, at + secret.length, encoding)
        }
      }
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

function spellingsOf(value: string): readonly string[] {
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    ...withinBase64(Buffer.from(value, 'utf8')),
    ...withinBase64(Buffer.from(value, 'utf16le')),
  ]
}

/** The three ways in which bytes look in base64, by how many stand before them; without the characters that their neighbours share. */
function withinBase64(bytes: Buffer): readonly string[] {
  return [0, 1, 2]
    .map((before) =>
      Buffer.concat([Buffer.alloc(before), bytes])
        .toString('base64')
        .slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6)),
    )
    .filter((part) => part.length >= SHORTEST_BASE64)
}
