/** Names, and every way to hide one that the leak scan must see through. */
import { deflateSync, gzipSync } from 'node:zlib'
import { strToU8, zipSync } from 'fflate'
import { sha256 } from '../../src/kit/hash.ts'
import type { ForbiddenNames } from '../../src/publish/leak-scan/scan.ts'
import type { Decoding } from '../../src/publish/leak-scan/views.ts'

export const NAME = 'Zenith Shield'
export const FORBIDDEN: ForbiddenNames = {
  names: new Map([
    [NAME, 'title'],
    ['zsflt.sys', 'file'],
    ['edr', 'id'],
    ['385201.5', 'altitude'],
  ]),
  words: new Map([['heimdall', 'host']]),
}

/** A picture of these chunks, each a type and its data. */
export function png(...chunks: readonly (readonly [string, Uint8Array])[]): Buffer {
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    ...chunks.flatMap(([type, data]) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(data.length)
      return [length, Buffer.from(type), data, Buffer.alloc(4)]
    }),
  ])
}

/** Streams of a PDF, none of which is its first. */
export function pdf(lineEnd: string, ...streams: readonly Uint8Array[]): Buffer {
  return Buffer.concat([
    Buffer.from('%PDF-1.4\n1 0 obj'),
    ...streams.flatMap((stream) => [Buffer.from(`\nstream${lineEnd}`), stream, Buffer.from('\nendstream')]),
  ])
}

/** In itself so many times. */
export function times(count: number, pack: (data: Buffer) => Uint8Array | string): Buffer {
  let data: Buffer = Buffer.from(NAME)
  for (let depth = 0; depth < count; depth += 1) data = Buffer.from(pack(data))
  return data
}

/** UTF-16. */
export const wide = (text: string, big = false): Buffer => {
  const bytes = Buffer.from(text, 'utf16le')
  return big ? bytes.swap16() : bytes
}
const percent = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('')

/** Text that no compressor makes short. */
const MUCH = Array.from({ length: 60 }, (_, at) => sha256(String(at))).join('')

/** Look-alikes of every block that they are in. */
const WIDE: readonly string[] = [
  'ᴢᴇɴɪᴛʜꜱʜɪᴇʟᴅ',
  'ＺｅｎｉｔｈＳｈｉｅｌｄ',
  '𝐙𝐞𝐧𝐢𝐭𝐡𝐒𝐡𝐢𝐞𝐥𝐝',
  'ℤenith Shield',
  'ⓏⓔⓝⓘⓣⓗⓈⓗⓘⓔⓛⓓ',
  '🅉🄴🄽🄸🅃🄷🅂🄷🄸🄴🄻🄳',
]

/** Every way that the scan must see through, and the decodings that it needs for it. */
export const HIDDEN: readonly (readonly [string, Uint8Array | string, readonly Decoding[]])[] = [
  ['as it is', `see ${NAME} there`, []],
  ['in another case', `see ${NAME.toUpperCase()} there`, []],
  ['without its space', 'see zenithshield there', []],
  ['with a dash', 'see zenith-shield there', []],
  ['within a longer word', 'theZenith Shields', []],
  ['in Cyrillic and Greek look-alikes', 'see Ζеnіth Ѕhіеld there', []],
  ['in full-width letters', 'see Ｚｅｎｉｔｈ　Ｓｈｉｅｌｄ there', []],
  ['in mathematical letters', 'see 𝐙𝐞𝐧𝐢𝐭𝐡 𝐒𝐡𝐢𝐞𝐥𝐝 there', []],
  ['in small capitals', 'see ᴢᴇɴɪᴛʜ ꜱʜɪᴇʟᴅ there', []],
  ['with digits for letters', 'see Zen1th Sh1eld there', []],
  ['with zero-width characters', 'see Zen\u200bith\u00ad Sh\u2060ield there', []],
  ['with accents', 'see Zénìth Shïeld there', []],
  ['with a joined file name', 'path C:\\drivers\\ZSFLT.SYS loaded', []],
  ['as a short name between signs', '"product": "EDR"', []],
  ['as an altitude', '{"altitude":"385201.5"}', []],
  ['as a word of the run', 'on Heimdall, yesterday', []],
  // Of Latin letters half the bytes are zeros, which are no letters.
  ['in UTF-16', wide(`see ${NAME} there`), []],
  ['in big-endian UTF-16 at an odd place', Buffer.concat([Buffer.from('abc'), wide(NAME, true)]), []],
  ['in UTF-16 with zero-width characters', wide('Zen\u200bith\u200bShield'), []],
  [
    'in big-endian UTF-16 of Cyrillic letters at an odd place',
    Buffer.concat([Buffer.from('abc'), wide('see Ζеnіth Ѕhіеld there', true)]),
    ['utf-16'],
  ],
  ...WIDE.map((text) => [`in UTF-16 of ${text}`, wide(text), ['utf-16']] as const),
  ['in big-endian UTF-16 of Cyrillic letters', wide('see Ζеnіth Ѕhіеld there', true), ['utf-16']],
  ['in base64', Buffer.from(NAME).toString('base64'), ['base64']],
  ['in base64 at the second byte', Buffer.from(`x${NAME}`).toString('base64'), ['base64']],
  ['in base64 at the third byte', Buffer.from(`xy${NAME}`).toString('base64'), ['base64']],
  ...['a', 'ab', 'abc'].map(
    (letters) =>
      [
        `in base64 behind ${letters.length} other letters`,
        `${letters}${Buffer.from(NAME).toString('base64')}`,
        ['base64'],
      ] as const,
  ),
  ...['\n', '\r\n', '\n\t', '\n  ', '\\n', '\\r\\n'].map(
    (end) =>
      [
        `in base64 of lines that end with ${JSON.stringify(end)}`,
        Buffer.from(`some text, then ${NAME}`)
          .toString('base64')
          .replace(/(.{7})/g, `$1${end}`),
        ['base64'],
      ] as const,
  ),
  ['in base64 in base64, six times', times(6, (data) => data.toString('base64')), ['base64']],
  ['in gzip in gzip, six times', times(6, (data) => gzipSync(data)), ['gzip']],
  ['in base64 for URLs', Buffer.from(`??>>${NAME}`).toString('base64url'), ['base64']],
  [
    'in base64 of many lines',
    Buffer.from(`some text, then ${NAME}`)
      .toString('base64')
      .replace(/(.{7})/g, '$1\n'),
    ['base64'],
  ],
  ['in base64 of UTF-16', wide(`${NAME} of UTF-16`).toString('base64'), ['base64', 'utf-16']],
  ['in hexadecimal', Buffer.from(NAME).toString('hex'), ['hexadecimal']],
  ['in hexadecimal of capitals', Buffer.from(NAME).toString('hex').toUpperCase(), ['hexadecimal']],
  [
    'in hexadecimal of capitals with colons between',
    [...Buffer.from(NAME)].map((byte) => byte.toString(16).toUpperCase()).join(':'),
    ['hexadecimal'],
  ],
  ...[' ', ':', ',', '-', '\n', ', 0x', '0x'].map(
    (between) =>
      [
        `in hexadecimal with ${JSON.stringify(between)} between`,
        [...Buffer.from(NAME)].map((byte) => byte.toString(16)).join(between),
        ['hexadecimal'],
      ] as const,
  ),
  ['in hexadecimal with spaces', Buffer.from(NAME).toString('hex').replace(/(..)/g, '$1 '), ['hexadecimal']],
  ['in hexadecimal at an odd place', `a${Buffer.from(NAME).toString('hex')}`, ['hexadecimal']],
  ['in a URL', `https://example.org/?q=${percent(NAME)}`, ['percent']],
  ['with one letter in a URL', 'see %5Aenith Shield there', ['percent']],
  ['with one letter as a decimal entity', 'see &#90;enith Shield there', ['entities']],
  ['with one letter as a decimal entity without its end', 'see Zenith &#83hield there', ['entities']],
  ['with one letter as a hexadecimal entity', 'see &#X5A;enith Shield there', ['entities']],
  ['with a tab as a decimal entity', 'see Zenith&#9;Shield there', ['entities']],
  ['with a tab as a hexadecimal entity', 'see Zenith&#x9;Shield there', ['entities']],
  ['with one letter as a JSON escape', 'see \\u005Aenith Shield there', ['escapes']],
  ['with one letter as an escape of JavaScript', 'see \\u{5A}enith Shield there', ['escapes']],
  ['with a tab as an escape of JavaScript', 'see Zenith\\u{9}Shield there', ['escapes']],
  ['with one letter as a C escape', 'see \\x5Aenith Shield there', ['escapes']],
  ['in decimal entities', Array.from(NAME, (letter) => `&#${letter.charCodeAt(0)};`).join(''), ['entities']],
  [
    'in hexadecimal entities',
    Array.from(NAME, (letter) => `&#x${letter.charCodeAt(0).toString(16)};`).join(''),
    ['entities'],
  ],
  ['with a named entity', 'Zenith&nbsp;Shield is &amp; was', ['entities']],
  [
    'in JSON escapes',
    Array.from(NAME, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
    ['escapes'],
  ],
  [
    'in C escapes',
    Array.from(NAME, (letter) => `\\x${letter.charCodeAt(0).toString(16)}`).join(''),
    ['escapes'],
  ],
  ['with backslashes of Markdown', 'zsflt\\.sys', []],
  ['in gzip', gzipSync(`see ${NAME} there`), ['gzip']],
  [
    'in gzip in base64, as a page has it',
    gzipSync(`see ${NAME} there`).toString('base64'),
    ['gzip', 'base64'],
  ],
  ['in gzip that was cut off', gzipSync(`see ${NAME} there, ${MUCH}`).subarray(0, 600), ['gzip']],
  ['in a zlib stream', deflateSync(`see ${NAME} there`), ['zlib']],
  ['in a stream of a PDF', pdf('\n', Buffer.from('not compressed'), deflateSync(NAME)), ['zlib']],
  ['in a stream of a PDF with the line ends of Windows', pdf('\r\n', deflateSync(NAME)), ['zlib']],
  ...([3, 9] as const).map(
    (level) =>
      [`in a zlib stream of level ${level}`, deflateSync(`see ${NAME} there`, { level }), ['zlib']] as const,
  ),
  [
    'in gzip in a zlib stream that is only stored',
    deflateSync(gzipSync(NAME), { level: 0 }),
    ['zlib', 'gzip'],
  ],
  ['in a file of a zip', zipSync({ 'a.txt': strToU8(`see ${NAME} there`) }, { level: 9 }), ['zip']],
  [
    'in a zip that was cut off, behind something else',
    Buffer.concat([
      Buffer.from('MZ'),
      zipSync({ 'a.txt': strToU8('x'), 'b.txt': strToU8(`see ${NAME} there, ${MUCH}`) }, { level: 9 }),
    ]).subarray(0, -500),
    ['zip'],
  ],
  [
    'in gzip in a file of a zip that is only stored',
    zipSync({ 'a.gz': gzipSync(`see ${NAME} there`) }, { level: 0 }),
    ['zip', 'gzip'],
  ],
  [
    'in the name of a file in a zip in a zip',
    zipSync({ 'b.zip': zipSync({ 'zsflt.sys': strToU8('') }) }),
    ['zip'],
  ],
  [
    'in a compressed text of a picture',
    png(['zTXt', Buffer.concat([Buffer.from('ex x\u009c\0\0', 'latin1'), deflateSync(NAME)])]),
    ['png'],
  ],
  ...['tEXt', 'zTXt', 'iTXt', 'eXIf'].flatMap((type) => [
    [
      `in a packed ${type} of a picture, behind others`,
      png(['IHDR', Buffer.alloc(13)], [type, Buffer.from('Title\0one')], [type, gzipSync(NAME)]),
      ['png', 'gzip'],
    ] as const,
    [
      `in a compressed ${type} of a picture, behind an x`,
      png([type, Buffer.concat([Buffer.from('Title\0x'), deflateSync(NAME)])]),
      ['png'],
    ] as const,
    [
      `in a compressed ${type} of a picture`,
      png([type, Buffer.concat([Buffer.from('Title\0'), deflateSync(NAME)])]),
      ['png'],
    ] as const,
  ]),
  [
    'in a file of a zip with an extra field',
    zipSync(
      { 'a.txt': [strToU8(`see ${NAME} there`), { extra: { 0x6666: strToU8('extra') } }] },
      { level: 9 },
    ),
    ['zip'],
  ],
]
