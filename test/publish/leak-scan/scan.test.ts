import { deflateSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { strToU8, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { findLeaks, type ForbiddenNames } from '../../../src/publish/leak-scan/scan.ts'
import { DECODINGS, type Decoding } from '../../../src/publish/leak-scan/views.ts'

const NAME = 'Zenith Shield'
const FORBIDDEN: ForbiddenNames = {
  names: new Map([
    [NAME, 'title'],
    ['zsflt.sys', 'file'],
    ['edr', 'id'],
    ['385201.5', 'altitude'],
  ]),
  words: new Map([['heimdall', 'host']]),
}

function png(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    length,
    Buffer.from(type),
    data,
    Buffer.alloc(4),
  ])
}

const wide = (text: string, big = false): Buffer => {
  const bytes = Buffer.from(text, 'utf16le')
  return big ? bytes.swap16() : bytes
}
const percent = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('')

/** Every way that the scan must see through, and the decodings that it needs for it. */
const HIDDEN: readonly (readonly [string, Uint8Array | string, readonly Decoding[]])[] = [
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
  ['in UTF-16', wide(`see ${NAME} there`), ['utf-16']],
  ['in big-endian UTF-16 at an odd place', Buffer.concat([Buffer.from('abc'), wide(NAME, true)]), ['utf-16']],
  ['in base64', Buffer.from(NAME).toString('base64'), ['base64']],
  ['in base64 at the second byte', Buffer.from(`x${NAME}`).toString('base64'), ['base64']],
  ['in base64 at the third byte', Buffer.from(`xy${NAME}`).toString('base64'), ['base64']],
  ['in base64 behind other letters', `abc${Buffer.from(NAME).toString('base64')}`, ['base64']],
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
  ['in hexadecimal with spaces', Buffer.from(NAME).toString('hex').replace(/(..)/g, '$1 '), ['hexadecimal']],
  ['in hexadecimal at an odd place', `a${Buffer.from(NAME).toString('hex')}`, ['hexadecimal']],
  ['in a URL', `https://example.org/?q=${percent(NAME)}`, ['percent']],
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
  ['with backslashes of Markdown', 'zsflt\\.sys', ['escapes']],
  ['in gzip', gzipSync(`see ${NAME} there`), ['gzip']],
  [
    'in gzip in base64, as a page has it',
    gzipSync(`see ${NAME} there`).toString('base64'),
    ['gzip', 'base64'],
  ],
  ['in a zlib stream', deflateSync(`see ${NAME} there`), ['zlib']],
  [
    'in a stream of a PDF',
    Buffer.concat([
      Buffer.from('%PDF-1.4\n1 0 obj\nstream\n'),
      deflateSync(NAME),
      Buffer.from('\nendstream'),
    ]),
    ['zlib'],
  ],
  ['in a file of a zip', zipSync({ 'a.txt': strToU8(`see ${NAME} there`) }, { level: 9 }), ['zip']],
  [
    'in the name of a file in a zip in a zip',
    zipSync({ 'b.zip': zipSync({ 'zsflt.sys': strToU8('') }) }),
    ['zip'],
  ],
  [
    'in a compressed text of a picture',
    png('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(NAME)])),
    ['png'],
  ],
]

const scan = (bytes: Uint8Array | string, without: readonly Decoding[] = []): ReturnType<typeof findLeaks> =>
  findLeaks([{ path: 'file', bytes: Buffer.from(bytes) }], FORBIDDEN, { without: new Set(without) })

describe('the scan finds a name', () => {
  it.each(HIDDEN)('%s', (_, bytes) => expect(scan(bytes)).toHaveLength(1))

  it('in the path of a file', () =>
    expect(findLeaks([{ path: 'evidence/zsflt.sys.txt', bytes: Buffer.from('') }], FORBIDDEN)).toHaveLength(
      1,
    ))

  it('and says where and how', () =>
    expect(scan(gzipSync(`see ${NAME} there`).toString('base64'))).toEqual([
      {
        path: 'file',
        name: NAME,
        what: 'title',
        hidden: 'gzip in base64',
        around: expect.stringContaining('shleld'),
      },
    ]))

  it('which nobody finds who cannot decode: each decoding is needed for some way of hiding', () => {
    const missed = DECODINGS.filter((decoding) =>
      HIDDEN.some(([, bytes, needs]) => needs.includes(decoding) && scan(bytes, [decoding]).length === 0),
    )
    expect(missed).toEqual([...DECODINGS])
  })

  it('wherever it stands in base64 of anything, in gzip or not', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ maxLength: 40 }),
        fc.boolean(),
        (before, after, packed) => {
          const bytes = Buffer.concat([before, Buffer.from(NAME), after])
          const text = (packed ? gzipSync(bytes) : bytes).toString('base64')
          expect(scan(`{"data":"${text}"}`)).toMatchObject([{ name: NAME }])
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('the scan is quiet', () => {
  it('about words that only begin or end like a short name', () =>
    expect(scan('the credit of the editor; heimdalls')).toEqual([]))

  it('about random bytes in base64 and hexadecimal, which are full of short names by chance', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 200, maxLength: 400 }), (bytes) => {
        const data = Buffer.from(bytes)
        expect(scan(`${data.toString('base64')} ${data.toString('hex')}`)).toEqual([])
        expect(scan(data)).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('about text of ours that is in every bundle, if the file has it exactly', () => {
    const page = `<script>const edr = 1</script><p>words</p>`
    const file = {
      path: 'index.html',
      bytes: Buffer.from(page),
      constant: ['<script>const edr = 1</script>'],
    }
    expect(findLeaks([file], FORBIDDEN)).toEqual([])
    expect(findLeaks([{ ...file, constant: ['<script>const edr = 2</script>'] }], FORBIDDEN)).toHaveLength(1)
  })
})
