/** Typed values of event records as text, spelt as Windows' own XML rendering spells them. */
import { formatInstant } from '../../../kit/clock.ts'
import { filetimeToInstant } from './byte-view.ts'

export interface BinaryValue {
  readonly type: number
  readonly data: Buffer
  /** Where the data starts in its chunk. */
  readonly offset: number
}

const ARRAY = 0x80
/** Between the items of an array; no text of an event holds it. */
export const ITEM_SEPARATOR = '\0'
const MAXIMUM_BINARY = 4096
/** Bytes of one item, by type; types that are not listed have no fixed size. */
const ITEM_SIZE: Readonly<Record<number, number>> = {
  3: 1,
  4: 1,
  5: 2,
  6: 2,
  7: 4,
  8: 4,
  9: 8,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  15: 16,
  17: 8,
  18: 16,
  20: 4,
  21: 8,
}

/** The value as text; what is too short for its type, or of an unknown type, is shown as hexadecimal digits. Total. */
export function formatValue(value: BinaryValue): string {
  const { type, data } = value
  if (type === 0 || data.length === 0) return ''
  if ((type & ARRAY) !== 0) return formatArray(type & ~ARRAY, data)
  return formatOne(type, data)
}

function formatArray(type: number, data: Buffer): string {
  if (type === 1) return data.toString('utf16le').replace(/\0$/, '').split('\0').join(ITEM_SEPARATOR)
  const size = ITEM_SIZE[type]
  if (size === undefined) return hexadecimal(data)
  const items: string[] = []
  for (let offset = 0; offset + size <= data.length; offset += size)
    items.push(formatOne(type, data.subarray(offset, offset + size)))
  return items.join(ITEM_SEPARATOR)
}

function formatOne(type: number, data: Buffer): string {
  const size = ITEM_SIZE[type]
  if (size !== undefined && data.length < size) return hexadecimal(data)
  const format = FORMATS[type]
  return format === undefined ? hexadecimal(data) : format(data)
}

const FORMATS: Readonly<Record<number, (data: Buffer) => string>> = {
  1: (data) => untilNul(data.toString('utf16le')),
  2: (data) => untilNul(data.toString('latin1')),
  3: (data) => String(data.readInt8()),
  4: (data) => String(data.readUInt8()),
  5: (data) => String(data.readInt16LE()),
  6: (data) => String(data.readUInt16LE()),
  7: (data) => String(data.readInt32LE()),
  8: (data) => String(data.readUInt32LE()),
  9: (data) => String(data.readBigInt64LE()),
  10: (data) => String(data.readBigUInt64LE()),
  11: (data) => String(data.readFloatLE()),
  12: (data) => String(data.readDoubleLE()),
  13: (data) => (data.readUInt32LE() === 0 ? 'false' : 'true'),
  14: hexadecimal,
  15: guid,
  16: (data) => hexNumber(data),
  17: (data) => {
    const instant = filetimeToInstant(data.readBigUInt64LE())
    return instant === undefined ? hexadecimal(data) : formatInstant(instant)
  },
  18: systemTime,
  19: securityIdentifier,
  20: (data) => `0x${data.readUInt32LE().toString(16)}`,
  21: (data) => `0x${data.readBigUInt64LE().toString(16)}`,
}

function untilNul(text: string): string {
  const end = text.indexOf('\0')
  return end === -1 ? text : text.slice(0, end)
}

function hexadecimal(data: Buffer): string {
  return data.subarray(0, MAXIMUM_BINARY).toString('hex').toUpperCase()
}

function hexNumber(data: Buffer): string {
  return data.length >= 8
    ? `0x${data.readBigUInt64LE().toString(16)}`
    : data.length >= 4
      ? `0x${data.readUInt32LE().toString(16)}`
      : hexadecimal(data)
}

function guid(data: Buffer): string {
  const hex = (from: number, to: number, swap: boolean): string => {
    const part = Buffer.from(data.subarray(from, to))
    return (swap ? part.reverse() : part).toString('hex').toUpperCase()
  }
  return `{${hex(0, 4, true)}-${hex(4, 6, true)}-${hex(6, 8, true)}-${hex(8, 10, false)}-${hex(10, 16, false)}}`
}

function systemTime(data: Buffer): string {
  const part = (index: number, digits: number): string =>
    String(data.readUInt16LE(index * 2)).padStart(digits, '0')
  return `${part(0, 4)}-${part(1, 2)}-${part(3, 2)}T${part(4, 2)}:${part(5, 2)}:${part(6, 2)}.${part(7, 3)}Z`
}

function securityIdentifier(data: Buffer): string {
  if (data.length < 8) return hexadecimal(data)
  const parts: (number | string)[] = ['S', data.readUInt8(0), data.readUIntBE(2, 6)]
  const count = data.readUInt8(1)
  for (let index = 0; index < count && 12 + index * 4 <= data.length; index += 1)
    parts.push(data.readUInt32LE(8 + index * 4))
  return parts.join('-')
}
