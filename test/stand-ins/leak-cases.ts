/**
 * Ways to hide a name that the leak scan must see through, and texts that it must be quiet about. Nothing here asserts: tests and the
 * mutated scans of `npm run bench leaks` ask the same cases.
 */
import { isDeepStrictEqual } from 'node:util'
import { deflateSync, gzipSync } from 'node:zlib'
import { strToU8, zipSync } from 'fflate'
import type { collectNames } from '../../src/publish/leak-scan/run-names.ts'
import type { findLeaks, ForbiddenNames } from '../../src/publish/leak-scan/scan.ts'
import type { Decoding, DECODINGS } from '../../src/publish/leak-scan/views.ts'
import { sha256 } from '../../src/kit/hash.ts'
import { collectedNames } from './collected-names.ts'

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
function png(...chunks: readonly (readonly [string, Uint8Array])[]): Buffer {
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
function pdf(lineEnd: string, ...streams: readonly Uint8Array[]): Buffer {
  return Buffer.concat([
    Buffer.from('%PDF-1.4\n1 0 obj'),
    ...streams.flatMap((stream) => [Buffer.from(`\nstream${lineEnd}`), stream, Buffer.from('\nendstream')]),
  ])
}

/** In itself so many times. */
function times(count: number, pack: (data: Buffer) => Uint8Array | string): Buffer {
  let data: Buffer = Buffer.from(NAME)
  for (let depth = 0; depth < count; depth += 1) data = Buffer.from(pack(data))
  return data
}

const wide = (text: string, big = false): Buffer => {
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

/** The parts of the leak scan, or of a changed copy of it. */
export interface LeakScan {
  readonly findLeaks: typeof findLeaks
  readonly DECODINGS: typeof DECODINGS
  readonly collectNames: typeof collectNames
}

export type CaseGroup = 'search' | 'names'

/** The first case that this scan judges wrongly: of what is found in files, and of which names are looked for. */
export function misjudgedCase(
  scan: LeakScan,
  groups: readonly CaseGroup[] = ['search', 'names'],
): string | undefined {
  for (const group of groups)
    for (const [name, isRight] of group === 'search' ? searchCases(scan) : collectedNames(scan.collectNames))
      if (!isRight) return name
  return undefined
}

type Found = ReturnType<typeof findLeaks>

function* searchCases({
  findLeaks: find,
  DECODINGS: decodings,
}: LeakScan): Generator<readonly [string, boolean]> {
  const scanned = (bytes: Uint8Array | string, without: readonly Decoding[] = []): Found =>
    find([{ path: 'file', bytes: Buffer.from(bytes) }], FORBIDDEN, { without: new Set(without) })
  for (const [way, bytes] of HIDDEN) yield [`finds a name ${way}`, scanned(bytes).length === 1]
  for (const [way, bytes] of QUIET) yield [`is quiet about ${way}`, scanned(bytes).length === 0]
  for (const [way, bytes, needs] of HIDDEN)
    for (const decoding of needs)
      yield [`needs ${decoding} for a name ${way}`, scanned(bytes, [decoding]).length === 0]
  for (const decoding of decodings)
    yield [`needs ${decoding}`, HIDDEN.some(([, , needs]) => needs.includes(decoding))]
  for (const [how, bytes] of HOW)
    yield [`says that it is hidden by ${how}`, scanned(bytes)[0]?.hidden === how]
  yield ['knows all decodings', decodings.length === 10]
  for (const [name, text, isFound, kind = 'names'] of PRECISE) {
    const list = new Map([[name, 'x']])
    const forbidden = { names: new Map(), words: new Map(), [kind]: list }
    const found = find([{ path: 'file', bytes: Buffer.from(text) }], forbidden)
    yield [
      `${isFound ? 'finds' : 'does not find'} ${kind} ${name} in ${String(text)}`,
      found.length === Number(isFound),
    ]
  }
  yield* placesFor(find)
}

const SMALL_CAPITALS: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from('ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋĸʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ', (small, at) => [small, 'abcdefghijkklmnoprstuvwyz'[at]!]),
)

/** What the scan says of how a name is hidden. */
const HOW: readonly (readonly [string, Uint8Array | string])[] = [
  ['utf-16', wide('ᴢᴇɴɪᴛʜꜱʜɪᴇʟᴅ')],
  ['utf-16 in base64', wide(NAME).toString('base64')],
  ['base64', Buffer.from(NAME).toString('base64')],
  ['base64 in base64', times(2, (data) => data.toString('base64'))],
  ['hexadecimal', Buffer.from(NAME).toString('hex')],
  ['percent', 'see %5Aenith Shield there'],
  ['entities', 'see &#90;enith Shield there'],
  ['entities in base64', Buffer.from('see &#90;enith Shield there').toString('base64')],
  ['escapes', 'see \\x5Aenith Shield there'],
  ['zlib', deflateSync(`see ${NAME} there`)],
  ['utf-16 in zlib', deflateSync(wide('ᴢᴇɴɪᴛʜꜱʜɪᴇʟᴅ'))],
  ['gzip in gzip', times(2, (data) => gzipSync(data))],
]

/** Texts without a name in them. */
export const QUIET: readonly (readonly [string, Uint8Array | string])[] = [
  ['words that only begin or end like a short name', 'the credit of the editor; heimdalls'],
  ['what begins like gzip', Buffer.from([0x1f, 0x8b, 1, 2, 3])],
  ['what begins like a zlib stream', Buffer.from([0x78, 0x9c, 0xff, 0xff, 0xff])],
  ['what begins like a zip', Buffer.from('PK\u0003\u0004')],
  [
    'what begins like an entry of a zip',
    Buffer.concat([Buffer.from('PK\u0003\u0004\0\0\0\0\b'), Buffer.alloc(21), Buffer.alloc(9, 0xff)]),
  ],
  ['a PDF without a stream that is compressed', pdf('\n', Buffer.from('plain'))],
  ['a picture with a letter x in its text', png(['tEXt', Buffer.from('x\u009c\u00ff\u00ff x', 'latin1')])],
  ['a picture that is cut off', png(['tEXt', Buffer.from('text')]).subarray(0, -7)],
  ['a number that is no character', 'at &#x110000; and &#1114112;'],
  ['a name in base64 seven times', times(7, (data) => data.toString('base64'))],
  ['a name in gzip seven times', times(7, (data) => gzipSync(data))],
]

/** Base64 of bytes that are no text, but for a few letters. */
const among = (text: string): string => Buffer.concat([BYTES, Buffer.from(text), BYTES]).toString('base64')
const BYTES = Buffer.from([0x80, 0x01, 0xff, 0x02, 0x90, 0x03])

const SEPARATORS = ['.', '_', '@', '+', '-'] as const

/** Base64 of this text among bytes of one sort, which are none of a text. */
const between = (bytes: readonly number[], text: string): string =>
  Buffer.concat([
    Buffer.from(Array(8).fill(bytes).flat() as number[]),
    Buffer.from(text),
    Buffer.from(Array(8).fill(bytes).flat() as number[]),
  ]).toString('base64')

/** Signs by their names in XML and HTML. */
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

/** A name or word, a text, and whether it is to be found in it. */
export const PRECISE: readonly (readonly [string, string | Uint8Array, boolean, ('names' | 'words')?])[] = [
  // Lengths from which a name is looked for within words, without its signs, and in what may be no text.
  ['abcde', 'xxabcdexx', true],
  ['abcd', 'xxabcdxx', false],
  ['abcd', 'xx abcd xx', true],
  ['ab', 'xx AB xx', true],
  ['rn', 'see rn there', true],
  ['rn', 'see m there', false],
  ['ab-cd-ef-gh', 'xabcdefghx', true],
  ['ab-cd-ef-g', 'xabcdefgx', false],
  ['abcdefgh', 'ab cd ef gh', true],
  ['abcdefg', 'ab cd ef g', false],
  ['abcdefgh-5', 'abcdefgh 6', false],
  ['abcd', 'xx abcd xx', true, 'words'],
  ['abc', 'xx abc xx', false, 'words'],
  ['abcdefgh', among('abcdefgh'), true],
  ['abcdefgh', Buffer.concat([BYTES, Buffer.from('abcdefgh'), BYTES]).toString('hex'), true],
  ['abcdefg', among('abcdefg'), false],
  ['abcdefg', among('ab\u0001abcdefgXY'), false],
  ['abcdefgh', among('abcdefgh'), true, 'words'],
  ['abcdefg', among('abcdefg'), false, 'words'],
  ...Object.entries(ENTITIES).map(
    ([entity, sign]) => [`ab${sign}cd`, `see ab&${entity};cd there`, true] as const,
  ),
  ['abcde', 'see ab&shy;cde there', true],
  ['ab cd', 'see ab\\ cd there', true],
  ['heimdall', 'see heim\\dall there', false, 'words'],
  ['heim5dall', 'see heim\\5dall there', false, 'words'],
  // The shortest base64 and hexadecimal of a name, alone and beside more of the same.
  ['abcd', 'YWJjZA', true],
  ['abcd', 'YWJjZA\nzzzzzz', true],
  ['abc>>>def', 'YWJjPj4+ZGVm', true],
  ['abc>>>def', 'YWJjPj4-ZGVm', true],
  ['abc???def', 'YWJjPz8/ZGVm', true],
  ['abc???def', 'YWJjPz8_ZGVm', true],
  ['abcd', '61626364', true],
  ['abcd', 'a61626364', true],
  ['abcd', '61626364 00ff', true],
  ['jklm', '6A6B6C6D', true],
  ['abcd', wide('abcd'), true],
  // Nothing but controls, and nothing but what is above ASCII, tells that these are no text.
  ['shield', wide('Ѕhіеld'), true],
  ['shield', wide('Ѕhі\u200bеld'), true],
  ['topkt', wide('ᴛᴏᴘᴋᴛ'), true],
  ['shield', wide('ｓｈｉｅｌｄ'), true],
  // What can be text: twelve characters, or all but one of what was decoded.
  ['abcd', Buffer.from('\u00ffabcd efghijk\u00ff\u00ff', 'latin1').toString('base64'), true],
  ['abcd', Buffer.from('\u00ffabcd efghij\u00ff\u00ff', 'latin1').toString('base64'), false],
  ['abcd', Buffer.from('abcd\u00ff', 'latin1').toString('base64'), true],
  ['abcd', Buffer.from('abcd\u00ff\u00ff', 'latin1').toString('base64'), false],
  ...[[0x01], [0x0f], [0x7f], [0xc2, 0x80], [0xff]].map(
    (bytes) => ['abcd', between(bytes, ' abcd '), false] as const,
  ),
  // Words and their parts.
  ...SEPARATORS.flatMap((sign) => [
    [`core${sign}agent`, `see core${sign}agent there`, true, 'words'] as const,
    ['agent', `see core${sign}agent there`, true, 'words'] as const,
    ['core-agent', `see core-agent${sign} there`, true, 'words'] as const,
    ['agent', `${sign}agent`, true, 'words'] as const,
  ]),
  ['7zipper', 'see 7zipper there', true, 'words'],
  ['zip9pack', 'see zip9pack there', true, 'words'],
  ['heimdall', 'see héimdåll there', true, 'words'],
  ['heimdall', 'see ｈｅｉｍｄａｌｌ there', true, 'words'],
  ['heimdall', 'see heim\u200bdall there', true, 'words'],
  ['heimdall', 'see hei\u20ddmdall there', true, 'words'],
  ['edr', 'see e\u200bdr there', true],
  ['edr', 'see e\u20ddd\u0301r there', true],
  // Look-alikes.
  ...Object.entries(SMALL_CAPITALS).map(
    ([small, letter]) => [`zz${letter}zz${letter}zz`, `see ZZ${small}zz${small}zz there`, true] as const,
  ),
  ['shield', 'see sh|eld there', true],
  ['shield', 'see sh!eld there', true],
  ['wonder', 'see vvonder there', true],
  ['modem', 'see rnodern there', true],
  ['tools', 'see t00ls there', true],
  ['octor', 'see øctør there', true],
  ['ΣΙΓΜΑ-ΤΕΧ', 'see σιγμα-τεχ there', true],
  ['shield', 'see 🅢🅗🅘🅔🅛🅓 there', true],
  ['zenith', 'see 🆉🅴🅽🅸🆃🅷 there', true],
  ['azure', 'see 🇦🇿🇺🇷🇪 there', true],
  ['abcaz', 'see 🅐🅑🅒🅐🅩 there', true],
  ['abcaz', 'see 🅰🅱🅲🅰🆉 there', true],
]

function fails(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch {
    return true
  }
}

function* placesFor(find: LeakScan['findLeaks']): Generator<readonly [string, boolean]> {
  const inPath = find([{ path: 'evidence/zsflt.sys.txt', bytes: Buffer.from('') }], FORBIDDEN)
  yield ['finds a name in the path of a file', inPath.length === 1]
  const [leak, ...more] = find(
    [
      {
        path: 'file',
        bytes: Buffer.from(gzipSync(`see ${NAME} there, and ${NAME} here`).toString('base64')),
      },
    ],
    FORBIDDEN,
  )
  yield [
    'says where and how, once',
    more.length === 0 &&
      isDeepStrictEqual(
        { ...leak, around: leak?.around.includes('see zenlth shleld there') },
        { path: 'file', name: NAME, what: 'title', hidden: 'gzip in base64', around: true },
      ),
  ]
  const packed = { path: 'a.gz', bytes: gzipSync('x'.repeat(1000)) }
  const unpacked = (largestUnpacked: number): Found => find([packed], FORBIDDEN, { largestUnpacked })
  yield ['looks at what unpacks to as much as it may', unpacked(1000).length === 0]
  yield [
    'refuses what unpacks to more',
    isDeepStrictEqual(unpacked(999), [
      {
        path: 'a.gz',
        name: 'packed data',
        what: 'it unpacks to more than can be looked through',
        hidden: '',
        around: '',
      },
    ]),
  ]
  yield [
    'tells what it found before that, too',
    find([{ ...packed, path: 'zsflt.sys.gz' }], FORBIDDEN, { largestUnpacked: 999 }).length === 2,
  ]
  yield [
    'fails where it fails itself',
    fails(() => find([{ path: 'x', bytes: undefined as never }], FORBIDDEN)),
  ]
  const words = {
    names: new Map([['abcd', 'id']]),
    words: new Map([
      ['abcd', 'word'],
      ['heimdall', 'host'],
    ]),
  }
  const text = `${'.'.repeat(30)}1234567890 \n 12345678 heimdall 1234567890 \n 1234567 abcd ${'.'.repeat(30)}`
  const told = find([{ path: 'file', bytes: Buffer.from(text) }], words)
  yield [
    'tells name, kind and some characters around, of a name before a word',
    isDeepStrictEqual(told, [
      {
        path: 'file',
        name: 'heimdall',
        what: 'host',
        around: '34567890 12345678 heimdall 1234567890 123456',
        hidden: '',
      },
      {
        path: 'file',
        name: 'abcd',
        what: 'id',
        around: '234567890 1234567 abcd ...................',
        hidden: '',
      },
    ]),
  ]
  const within = find([{ path: 'file', bytes: Buffer.from(text) }], {
    names: new Map([['heimd', 'id']]),
    words: new Map(),
  })
  yield [
    'tells some characters around a part of a word',
    within[0]?.around === '3456789o l2345678 helmdall l23456789o l23',
  ]
  yield [
    'finds nothing where nothing is forbidden',
    find([{ path: 'file', bytes: Buffer.from(text) }], { names: new Map(), words: new Map() }).length === 0,
  ]
  const ours = '<script>const edr = 1</script>'
  const page = { path: 'index.html', bytes: Buffer.from(`${ours}<p>words of edr</p>${ours}`) }
  const count = (constant: readonly string[]): number => find([{ ...page, constant }], FORBIDDEN).length
  yield ['looks behind what is the same in every page', count([ours, ours]) === 1]
  const clean = { path: 'index.html', bytes: Buffer.from(`a${ours}b${ours}c`) }
  yield [
    'leaves out what is the same in every page',
    find([{ ...clean, constant: [ours, ours] }], FORBIDDEN).length === 0,
  ]
  yield [
    'does not leave out what only looks like it',
    find([{ ...clean, constant: ['const edr = 2'] }], FORBIDDEN).length === 1,
  ]
}
