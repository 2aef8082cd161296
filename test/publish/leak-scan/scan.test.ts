import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findLeaks } from '../../../src/publish/leak-scan/scan.ts'
import { DECODINGS, type Decoding } from '../../../src/publish/leak-scan/views.ts'
import { collectNames } from '../../../src/publish/leak-scan/run-names.ts'
import { FORBIDDEN, HIDDEN, NAME } from '../../stand-ins/hidden-names.ts'
import { misjudgedCase } from '../../stand-ins/leak-cases.ts'

const scan = (bytes: Uint8Array | string, without: readonly Decoding[] = []): ReturnType<typeof findLeaks> =>
  findLeaks([{ path: 'file', bytes: Buffer.from(bytes) }], FORBIDDEN, { without: new Set(without) })

describe('the scan finds a name', () => {
  it.each(HIDDEN)('%s', (_, bytes) => expect(scan(bytes)).toHaveLength(1))

  it('in all cases that its mutants are held to', () =>
    expect(misjudgedCase({ findLeaks, DECODINGS, collectNames })).toBeUndefined())

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
