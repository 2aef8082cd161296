import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { pngOfRgb565 } from '../../../../src/plugins/providers/hyper-v/rgb565-png.ts'
import { ScreenFollower, type StartFacts } from '../../../../src/plugins/providers/hyper-v/stuck-screen.ts'

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
  const shown = page(0x03da)
  const facts: StartFacts = {
    sinceStart: 300_000,
    alive: false,
    crashed: false,
    loaded: true,
    failedStarts: 2,
    generation: 2,
    tpm: false,
  }

  function lookTwice(changed: Partial<StartFacts>, pixels = shown, apart = 70_000): unknown {
    const follower = new ScreenFollower()
    follower.take(pixels, 0, { ...facts, ...changed })
    return follower.take(pixels, apart, { ...facts, ...changed })
  }

  it.each<[string, Partial<StartFacts>, string]>([
    ['two failed starts and an operating system without a heartbeat', {}, 'recovery'],
    [
      'two failed starts on generation 1, which does not say what it loads',
      { generation: 1, loaded: false },
      'recovery',
    ],
    [
      'no operating system on a machine with a TPM',
      { loaded: false, failedStarts: 0, tpm: true },
      'bitlocker-recovery',
    ],
    ['no operating system on a machine without one', { loaded: false, failedStarts: 0 }, 'firmware'],
  ])('is told by %s', (_, changed, where) => {
    expect(lookTwice(changed)).toMatchObject({ where })
  })

  it('is told by the facts, whatever colour the page has', () => {
    for (const pixel of [0x03da, 0xffff, 0x8410])
      expect(lookTwice({}, page(pixel))).toMatchObject({ where: 'recovery' })
  })

  it.each<[string, Partial<StartFacts>, Buffer?, number?]>([
    ['the guest shows life', { alive: true }],
    ['the guest crashed in this start', { crashed: true }],
    ['the start is young', { sinceStart: 60_000 }],
    ['the picture has not stood for long', {}, shown, 30_000],
    ['the screen is black', {}, page(0)],
    ['one start failed', { failedStarts: 1 }],
    [
      'generation 1 loads nothing that it tells of',
      { generation: 1, loaded: false, failedStarts: 0, tpm: true },
    ],
  ])('is not claimed when %s', (_, changed, pixels, apart) => {
    expect(lookTwice(changed, pixels, apart)).toBeUndefined()
  })

  it('is not claimed of a picture that changes', () => {
    const follower = new ScreenFollower()
    const changing = Buffer.from(shown)
    changing[0] = 0
    for (let look = 0; look < 10; look += 1)
      expect(follower.take(look % 2 === 0 ? shown : changing, look * 70_000, facts)).toBeUndefined()
  })
})
