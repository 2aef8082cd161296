/**
 * What the leak scan must see through, and texts that it must be quiet about. Nothing here asserts: tests and the mutated scans of
 * `npm run bench leaks` ask the same cases.
 */
import { isDeepStrictEqual } from 'node:util'
import { deflateSync, gzipSync } from 'node:zlib'
import type { collectNames } from '../../src/publish/leak-scan/run-names.ts'
import type { findLeaks } from '../../src/publish/leak-scan/scan.ts'
import type { Decoding, DECODINGS } from '../../src/publish/leak-scan/views.ts'
import { collectedNames } from './collected-names.ts'
import { FORBIDDEN, HIDDEN, NAME, pdf, png, times, wide } from './hidden-names.ts'
import { PRECISE } from './precise-names.ts'

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
const QUIET: readonly (readonly [string, Uint8Array | string])[] = [
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
