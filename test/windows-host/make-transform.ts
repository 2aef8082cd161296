/** A transform (.mst) of an MSI package: an OLE file with a pool of strings and, by table, the rows that change. */
import * as cfb from 'cfb'

/** {000C1082-0000-0000-C000-000000000046}, as the root of every transform names its class. */
const TRANSFORM_CLASS = '82100c0000000000c000000000000046'
const CODE_PAGE = 1252
/** A stream that holds a table begins its name with this character. */
const TABLE = '\u4840'
const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._'
/** Bit n of a row's mask: column n is given, counted from 0. The key is given always. */
const SECOND_COLUMN = 0b10

/** The transform that gives properties of a package other values; all are ASCII and stand in its Property table already. */
export function makeTransform(properties: Readonly<Record<string, string>>): Buffer {
  const pool = [words(CODE_PAGE, 0)]
  const texts: string[] = []
  const text = (value: string): number => {
    pool.push(words(value.length, 1))
    return texts.push(value)
  }
  const rows = Object.entries(properties).map(([name, value]) =>
    words(SECOND_COLUMN, text(name), text(value)),
  )
  const file = cfb.utils.cfb_new({ CLSID: TRANSFORM_CLASS })
  const put = (table: string, content: Buffer): void =>
    void cfb.utils.cfb_add(file, `/${streamName(table)}`, content)
  put('_StringPool', Buffer.concat(pool))
  put('_StringData', Buffer.from(texts.join(''), 'latin1'))
  put('Property', Buffer.concat(rows))
  return Buffer.from(cfb.write(file, { type: 'buffer' }) as Uint8Array)
}

/** Two letters of a table's name are one character of its stream's name. */
function streamName(table: string): string {
  let name = TABLE
  for (let at = 0; at < table.length; at += 2) {
    const first = LETTERS.indexOf(table.charAt(at))
    const second = table.charAt(at + 1)
    name += String.fromCharCode(
      second === '' ? 0x4800 + first : 0x3800 + first + LETTERS.indexOf(second) * 64,
    )
  }
  return name
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length)
  values.forEach((value, index) => bytes.writeUInt16LE(value, 2 * index))
  return bytes
}
