/** Text files of people: UTF-8, with or without a byte order mark. What else it is, is said by name. */
import { isUtf8 } from 'node:buffer'

export type DecodedText =
  | { readonly text: string }
  | {
      /** `UTF-16`, as a person knows it from the save dialogue. */
      readonly encoding: string
      /** First line, from 1, that is not UTF-8. */
      readonly line: number
    }

/** The text without its byte order mark, or what encoding the bytes have instead. */
export function decodeUtf8(bytes: Buffer): DecodedText {
  const wide = wideEncoding(bytes)
  if (wide !== undefined) return { encoding: wide, line: 1 }
  if (isUtf8(bytes)) {
    const zero = bytes.indexOf(0)
    if (zero === -1) return { text: bytes.toString('utf8').replace(/^\ufeff/, '') }
    return { encoding: 'binary data, not text', line: lineAt(bytes, zero) }
  }
  return {
    encoding: 'not UTF-8: an older code page such as Windows-1252',
    line: lineAt(bytes, firstInvalid(bytes)),
  }
}

function wideEncoding(bytes: Buffer): string | undefined {
  const starts = (...mark: readonly number[]): boolean => mark.every((byte, at) => bytes[at] === byte)
  if (starts(0xff, 0xfe, 0, 0) || starts(0, 0, 0xfe, 0xff)) return 'UTF-32'
  if (starts(0xff, 0xfe) || starts(0xfe, 0xff)) return 'UTF-16'
  // Without a mark: every second byte of text in a Western script is zero.
  const start = bytes.subarray(0, 4096)
  const zeros = [0, 1].map((parity) => start.filter((byte, at) => byte === 0 && at % 2 === parity).length)
  const [most = 0, least = 0] = zeros.toSorted((a, b) => b - a)
  return most > start.length / 8 && most > 4 * least ? 'UTF-16 without a byte order mark' : undefined
}

function lineAt(bytes: Buffer, offset: number): number {
  let line = 1
  for (let at = bytes.indexOf(0x0a); at !== -1 && at < offset; at = bytes.indexOf(0x0a, at + 1)) line += 1
  return line
}

/** Offset of a line that is not UTF-8. */
function firstInvalid(bytes: Buffer): number {
  let start = 0
  for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
    if (!isUtf8(bytes.subarray(start, end))) return start
    start = end + 1
  }
  return start
}
