import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSplitter, LineTooLong } from '../../../../src/plugins/channels/guest-agent/line-splitter.ts'

const line = fc
  .uint8Array({ maxLength: 40 })
  .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a)))

/** The same bytes, cut at arbitrary places. */
function cut(data: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((place) => place % (data.length + 1)))].sort((a, b) => a - b)
  return [...places, data.length].map((end, index) => data.subarray(index === 0 ? 0 : places[index - 1], end))
}

describe('the line splitter', () => {
  it('gives back every line, however the stream was cut', () => {
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat()), (lines, cuts) => {
        const data = Buffer.concat(lines.flatMap((bytes) => [bytes, Buffer.from('\n')]))
        const splitter = new LineSplitter(64)
        const found = cut(data, cuts).flatMap((piece) => splitter.push(piece))
        expect(found.map((bytes) => bytes.toString('hex'))).toEqual(
          lines.map((bytes) => bytes.toString('hex')),
        )
      }),
    )
  })

  it('keeps an unfinished line until its end comes', () => {
    const splitter = new LineSplitter(64)
    expect(splitter.push(Buffer.from('ab'))).toEqual([])
    expect(splitter.push(Buffer.from('c\nd')).map(String)).toEqual(['abc'])
    expect(splitter.push(Buffer.from('\n')).map(String)).toEqual(['d'])
  })

  it('refuses a line beyond its limit, in one piece or in many', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 7 }), (limit, pieceSize) => {
        const splitter = new LineSplitter(limit)
        const data = Buffer.alloc(limit + 1, 'x')
        const feed = (): void => {
          for (let start = 0; start < data.length; start += pieceSize)
            splitter.push(data.subarray(start, start + pieceSize))
        }
        expect(feed).toThrow(LineTooLong)
      }),
    )
  })

  it('takes a line of exactly its limit', () => {
    expect(new LineSplitter(3).push(Buffer.from('abc\n')).map(String)).toEqual(['abc'])
  })
})
