/**
 * Decodes the binary XML of Windows event records into a small element tree. Format: libyal's libevtx documentation
 * ("Windows XML Event Log (EVTX) format"), checked against libevtx's evtxexport on recorded logs.
 *
 * The bytes are hostile: depth, nodes and text are bounded, every offset is checked, damage throws BinaryXmlError, but
 * for damage inside of one value, which is left out.
 */
import { formatValue, type BinaryValue } from './binary-xml-value.ts'
import { viewBytes, type ByteView } from './byte-view.ts'

export interface XmlElement {
  readonly name: string
  readonly attributes: Map<string, string>
  readonly children: XmlElement[]
  text: string
  /** Its only content was an optional value that is not there: such an element does not exist. */
  absent: boolean
}

export class BinaryXmlError extends Error {}

const MAXIMUM_DEPTH = 32
const MAXIMUM_NODES = 20_000
const MAXIMUM_TEXT = 64 * 1024
const NO_VALUES: readonly BinaryValue[] = []

/** Reads of one chunk: names and templates are shared by its records through offsets counted from the chunk's start. */
export class BinaryXmlReader {
  readonly #view: ByteView
  #nodes = 0

  constructor(chunk: Buffer) {
    this.#view = viewBytes(chunk)
  }

  /** The root element of the fragment between two offsets of the chunk. @throws BinaryXmlError for damage */
  read(start: number, end: number): XmlElement {
    this.#nodes = 0
    const holder = emptyElement('')
    this.#readTokens({ position: start, end, depth: 0, values: NO_VALUES, embedded: false }, holder)
    const root = holder.children[0]
    if (root === undefined) throw new BinaryXmlError('no element')
    return root
  }

  #readTokens(cursor: Cursor, parent: XmlElement): void {
    while (cursor.position < cursor.end) {
      this.#count()
      const token = this.#u8(cursor)
      switch (token & 0x0f) {
        case 0x00: // end of stream
        case 0x04: // end of element
          return
        case 0x01: {
          const element = this.#readElement(cursor, (token & 0x40) !== 0)
          if (!element.absent) parent.children.push(element)
          break
        }
        case 0x05:
          append(parent, this.#readText(cursor))
          break
        case 0x07: // CDATA
          append(parent, this.#readText(cursor, false))
          break
        case 0x08:
          append(parent, String.fromCharCode(this.#u16(cursor)))
          break
        case 0x09:
          append(parent, ENTITIES[this.#readName(cursor)] ?? '')
          break
        case 0x0c:
          this.#readTemplate(cursor, parent)
          break
        case 0x0d:
          this.#substitute(cursor, parent)
          break
        case 0x0e:
          if (!this.#substitute(cursor, parent)) parent.absent = true
          break
        case 0x0f: // fragment header: major, minor, flags
          this.#skip(cursor, 3)
          break
        default:
          throw new BinaryXmlError(`token 0x${token.toString(16)}`)
      }
    }
  }

  #readElement(cursor: Cursor, hasAttributes: boolean): XmlElement {
    if (cursor.depth >= MAXIMUM_DEPTH) throw new BinaryXmlError('too deep')
    if (!cursor.embedded) this.#skip(cursor, 2) // dependency identifier
    this.#skip(cursor, 4) // size
    const element = emptyElement(this.#readName(cursor))
    if (hasAttributes) {
      this.#skip(cursor, 4)
      this.#readAttributes(cursor, element)
    }
    const close = this.#u8(cursor)
    if (close === 0x03) return element
    if (close !== 0x02) throw new BinaryXmlError('element is not closed')
    cursor.depth += 1
    this.#readTokens(cursor, element)
    cursor.depth -= 1
    element.absent &&= element.text === '' && element.children.length === 0
    return element
  }

  #readAttributes(cursor: Cursor, element: XmlElement): void {
    for (;;) {
      const token = this.#view.u8(cursor.position)
      if (token === undefined || (token & 0x0f) !== 0x06) return
      cursor.position += 1
      this.#count()
      const name = this.#readName(cursor)
      const value = emptyElement(name)
      this.#readAttributeValue(cursor, value)
      if (value.text !== '') element.attributes.set(name, value.text)
    }
  }

  /** One attribute's value may be several tokens (text, entities, substitutions). */
  #readAttributeValue(cursor: Cursor, value: XmlElement): void {
    for (;;) {
      const token = this.#view.u8(cursor.position)
      const sort = token === undefined ? 0 : token & 0x0f
      if (sort !== 0x05 && sort !== 0x08 && sort !== 0x09 && sort !== 0x0d && sort !== 0x0e) return
      this.#count()
      cursor.position += 1
      if (sort === 0x05) append(value, this.#readText(cursor))
      else if (sort === 0x08) append(value, String.fromCharCode(this.#u16(cursor)))
      else if (sort === 0x09) append(value, ENTITIES[this.#readName(cursor)] ?? '')
      else this.#substitute(cursor, value)
    }
  }

  #readTemplate(cursor: Cursor, parent: XmlElement): void {
    this.#skip(cursor, 5) // one byte of unknown meaning, template identifier
    const definition = this.#u32(cursor)
    const size = this.#view.u32(definition + 20)
    if (size === undefined) throw new BinaryXmlError('template outside of its chunk')
    if (definition === cursor.position) this.#skip(cursor, 24 + size)
    const values = this.#readValues(cursor)
    if (cursor.depth >= MAXIMUM_DEPTH) throw new BinaryXmlError('too deep')
    const start = definition + 24
    this.#readTokens(
      { position: start, end: start + size, depth: cursor.depth + 1, values, embedded: false },
      parent,
    )
  }

  #readValues(cursor: Cursor): BinaryValue[] {
    const count = this.#u32(cursor)
    if (count > 4096) throw new BinaryXmlError('too many values')
    const sizes: { size: number; type: number }[] = []
    for (let index = 0; index < count; index += 1) {
      this.#count()
      const size = this.#u16(cursor)
      sizes.push({ size, type: this.#u8(cursor) })
      this.#skip(cursor, 1)
    }
    return sizes.map(({ size, type }) => {
      const offset = cursor.position
      const data = this.#view.bytes(offset, size)
      if (data === undefined) throw new BinaryXmlError('value outside of its chunk')
      cursor.position += size
      return { type, data, offset }
    })
  }

  /** False when there is no such value. */
  #substitute(cursor: Cursor, parent: XmlElement): boolean {
    const index = this.#u16(cursor)
    this.#skip(cursor, 1)
    const value = cursor.values[index]
    if (value === undefined || value.type === 0) return false
    if (value.type !== 0x21) {
      append(parent, formatValue(value))
      return true
    }
    if (cursor.depth >= MAXIMUM_DEPTH) throw new BinaryXmlError('too deep')
    const end = value.offset + value.data.length
    const inner = { position: value.offset, end, depth: cursor.depth + 1, values: NO_VALUES, embedded: true }
    try {
      this.#readTokens(inner, parent)
    } catch (error) {
      // The data of an event that names its source, time and number is worth less than they are.
      if (!(error instanceof BinaryXmlError)) throw error
    }
    return true
  }

  #readText(cursor: Cursor, typed = true): string {
    if (typed) this.#skip(cursor, 1) // always a string in practice
    const length = this.#u16(cursor)
    const text = this.#view.utf16(cursor.position, length)
    if (text === undefined) throw new BinaryXmlError('text outside of its chunk')
    cursor.position += length * 2
    return text
  }

  /** Names sit in the chunk once; where one is used for the first time it stands right there. */
  #readName(cursor: Cursor): string {
    const offset = this.#u32(cursor)
    const length = this.#view.u16(offset + 6)
    const name = length === undefined || length > 256 ? undefined : this.#view.utf16(offset + 8, length)
    if (name === undefined || length === undefined) throw new BinaryXmlError('name outside of its chunk')
    if (offset === cursor.position) this.#skip(cursor, 8 + length * 2 + 2)
    return name
  }

  #count(): void {
    this.#nodes += 1
    if (this.#nodes > MAXIMUM_NODES) throw new BinaryXmlError('too many nodes')
  }

  #skip(cursor: Cursor, bytes: number): void {
    cursor.position += bytes
    if (cursor.position > this.#view.length) throw new BinaryXmlError('ends early')
  }

  #u8(cursor: Cursor): number {
    return this.#number(cursor, this.#view.u8(cursor.position), 1)
  }

  #u16(cursor: Cursor): number {
    return this.#number(cursor, this.#view.u16(cursor.position), 2)
  }

  #u32(cursor: Cursor): number {
    return this.#number(cursor, this.#view.u32(cursor.position), 4)
  }

  #number(cursor: Cursor, value: number | undefined, size: number): number {
    if (value === undefined) throw new BinaryXmlError('ends early')
    cursor.position += size
    return value
  }
}

interface Cursor {
  position: number
  readonly end: number
  depth: number
  readonly values: readonly BinaryValue[]
  /** Elements of an embedded value have no dependency identifier of two bytes. */
  readonly embedded: boolean
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function emptyElement(name: string): XmlElement {
  return { name, attributes: new Map(), children: [], text: '', absent: false }
}

function append(element: XmlElement, text: string): void {
  if (element.text.length < MAXIMUM_TEXT) element.text += text.slice(0, MAXIMUM_TEXT)
}
