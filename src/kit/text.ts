/** Foreign text, made safe to keep and to print. */

// ESC sequences (CSI, OSC up to BEL or ST, two-character escapes) as ECMA-48 defines them.
const ESCAPE_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g
// Control characters but tab and newline; bidirectional marks, overrides and isolates, which reorder what a reader sees.
const UNPRINTABLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Text without terminal escapes, control characters, text-direction marks and lone surrogates, with `\n` line ends. */
export function printable(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(ESCAPE_SEQUENCE, '')
    .replace(UNPRINTABLE, '')
    .replace(LONE_SURROGATE, '\ufffd')
}

/** At most `maximum` characters; what was cut is said at the end (`… 1234 characters cut`). */
export function bounded(text: string, maximum: number): string {
  if (text.length <= maximum) return text
  const note = ` … ${text.length - maximum} characters cut`
  return text.slice(0, Math.max(0, maximum)).replace(LONE_SURROGATE, '') + note
}

/** The last `maximum` characters; what was cut is said at the start. */
export function boundedTail(text: string, maximum: number): string {
  if (text.length <= maximum) return text
  return `… ${text.length - maximum} characters cut\n${text.slice(-maximum).replace(LONE_SURROGATE, '')}`
}

/** One line: newlines and tabs become single spaces. */
export function oneLine(text: string, maximum = 400): string {
  return bounded(printable(text).replace(/\s+/g, ' ').trim(), maximum)
}
