/** Messages of PostgreSQL's protocol, version 3, as far as somebody between a client and a database must tell them apart. Pure. */

/** What a client sends before anything else, by its code: SSLRequest and GSSENCRequest, which want one byte back, and CancelRequest. */
const ENCRYPTION_REQUESTS: ReadonlySet<number> = new Set([80877103, 80877104])
const CANCEL_REQUEST = 80877102

/** No statement or row of this tool is larger than a piece of a file with its frame. */
export const LARGEST_MESSAGE = 64 * 1024 * 1024

export type ClientMessage =
  | { readonly kind: 'encryption' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'startup' }
  | { readonly kind: 'end' }
  /** All up to a Sync or a simple query: the database answers it with one ReadyForQuery. */
  | { readonly kind: 'request'; readonly bytes: Buffer }

/** Divides what one client sends into messages. */
export class ClientMessages {
  #buffer: Buffer = Buffer.alloc(0)
  #isStarted = false
  /** Parse, Bind and others before their Sync. */
  #request: Buffer[] = []
  #requestBytes = 0

  /** @throws RangeError when the bytes are no messages, or one is too large */
  take(bytes: Buffer): readonly ClientMessage[] {
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes])
    const found: ClientMessage[] = []
    for (;;) {
      const whole = this.#next()
      if (whole === undefined) return found
      const message = this.#isStarted ? this.#typed(whole) : this.#first(whole)
      if (message !== undefined) found.push(message)
    }
  }

  /** The next whole message; the first ones have no byte for their type. */
  #next(): Buffer | undefined {
    const head = this.#isStarted ? 1 : 0
    if (this.#buffer.length < head + 4) return undefined
    const length = this.#buffer.readInt32BE(head)
    if (length < 4 || length + this.#requestBytes > LARGEST_MESSAGE)
      throw new RangeError(`a message of ${length} bytes is not taken`)
    if (this.#buffer.length < head + length) return undefined
    const whole = this.#buffer.subarray(0, head + length)
    this.#buffer = this.#buffer.subarray(head + length)
    return whole
  }

  #first(whole: Buffer): ClientMessage {
    if (whole.length < 8) throw new RangeError('a first message without a version')
    const code = whole.readInt32BE(4)
    if (ENCRYPTION_REQUESTS.has(code)) return { kind: 'encryption' }
    if (code === CANCEL_REQUEST) return { kind: 'cancel' }
    if (code >> 16 !== 3) throw new RangeError('another version of the protocol')
    this.#isStarted = true
    return { kind: 'startup' }
  }

  #typed(whole: Buffer): ClientMessage | undefined {
    const type = String.fromCharCode(whole[0] ?? 0)
    if (type === 'X') return { kind: 'end' }
    this.#request.push(whole)
    this.#requestBytes += whole.length
    if (type !== 'S' && type !== 'Q') return undefined
    const bytes = Buffer.concat(this.#request)
    this.#request = []
    this.#requestBytes = 0
    return { kind: 'request', bytes }
  }
}

/** What a client is told that may begin: it is let in, what a driver asks of a server, and that the server waits. */
export function greeting(serverVersion: string): Buffer {
  const parameters = {
    server_version: serverVersion,
    server_encoding: 'UTF8',
    client_encoding: 'UTF8',
    DateStyle: 'ISO, MDY',
    integer_datetimes: 'on',
    standard_conforming_strings: 'on',
  }
  return Buffer.concat([
    framed('R', Buffer.alloc(4)),
    ...Object.entries(parameters).map(([name, value]) => framed('S', Buffer.from(`${name}\0${value}\0`))),
    framed('Z', Buffer.from('I')),
  ])
}

/** An error that ends the connection. @param sqlState five characters */
export function fatalError(sqlState: string, message: string): Buffer {
  return framed('E', Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0M${message}\0\0`))
}

/** Whether the last ReadyForQuery of an answer says that no transaction is open. Undefined: it has none. */
export function isIdleAfter(answer: Buffer): boolean | undefined {
  let idle: boolean | undefined
  for (let at = 0; at + 5 <= answer.length; at += 1 + answer.readInt32BE(at + 1)) {
    if (answer[at] === 0x5a) idle = answer[at + 5] === 0x49
  }
  return idle
}

/** A simple query. */
export function simpleQuery(text: string): Buffer {
  return framed('Q', Buffer.from(`${text}\0`))
}

function framed(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
