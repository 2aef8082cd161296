import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { pngOfRgb565 } from '../../../../src/plugins/providers/hyper-v/rgb565-png.ts'
import { ScreenFollower } from '../../../../src/plugins/providers/hyper-v/stuck-screen.ts'

/** The pixels of a PNG of ours: 8-bit RGB without filters, one chunk of data. */
function readPng(png: Buffer): { readonly width: number; readonly height: number; readonly rows: Buffer } {
  const data = png.indexOf('IDAT')
  return {
    width: png.readUInt32BE(16),
    height: png.readUInt32BE(20),
    rows: inflateSync(png.subarray(data + 4, data + 4 + png.readUInt32BE(data - 4))),
  }
}

function page(pixel: number, pixels = 100): Buffer {
  const buffer = Buffer.alloc(pixels * 2)
  for (let index = 0; index < pixels; index += 1) buffer.writeUInt16LE(pixel, index * 2)
  return buffer
}

describe('the thumbnail as PNG', () => {
  it('keeps the colours: red is in the high bits of the second byte, blue in the low bits of the first', () => {
    const pixels = Buffer.from([0x00, 0xf8, 0xe0, 0x07, 0x1f, 0x00, 0xff, 0xff, 0x00, 0x00, 0x10, 0x84])
    const { width, height, rows } = readPng(pngOfRgb565(pixels, 3, 2))
    expect([width, height]).toEqual([3, 2])
    expect([...rows]).toEqual([0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 255, 255, 255, 0, 0, 0, 132, 130, 132])
  })

  it('leaves out bytes after the last row and refuses too few', () => {
    expect(readPng(pngOfRgb565(Buffer.alloc(50), 2, 2)).rows.length).toBe(14)
    expect(() => pngOfRgb565(Buffer.alloc(7), 2, 2)).toThrow(RangeError)
  })
})

describe('a screen that only a person can leave', () => {
  const blue = page(0x03da)
  const facts = { sinceStart: 300_000, answered: false, failedStarts: 2, tpm: false }

  function lookTwice(pixels: Buffer, changed: Partial<typeof facts>, apart = 70_000): unknown {
    const follower = new ScreenFollower()
    follower.take(pixels, 0, { ...facts, ...changed })
    return follower.take(pixels, apart, { ...facts, ...changed })
  }

  it('is recovery after two failed starts, and the BitLocker prompt on a machine with a TPM that did not fail', () => {
    expect(lookTwice(blue, {})).toMatchObject({ where: 'recovery' })
    expect(lookTwice(blue, { failedStarts: 0, tpm: true })).toMatchObject({ where: 'bitlocker-recovery' })
  })

  it.each([
    ['the guest answers', blue, { answered: true }, 70_000],
    ['the start is young', blue, { sinceStart: 60_000 }, 70_000],
    ['the picture has not stood for long', blue, {}, 30_000],
    ['the page is black', page(0), {}, 70_000],
    ['the page is white', page(0xffff), {}, 70_000],
    ['nothing failed and there is no TPM', blue, { failedStarts: 0 }, 70_000],
  ])('is not claimed when %s', (_, pixels, changed, apart) => {
    expect(lookTwice(pixels, changed, apart)).toBeUndefined()
  })

  it('is not claimed of a picture that changes', () => {
    const follower = new ScreenFollower()
    const changing = Buffer.from(blue)
    changing[0] = 0
    for (let look = 0; look < 10; look += 1)
      expect(follower.take(look % 2 === 0 ? blue : changing, look * 70_000, facts)).toBeUndefined()
  })
})
