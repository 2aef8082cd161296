/** The thumbnail that Hyper-V gives of a screen, as a PNG file. */
import { crc32, deflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/**
 * PNG of raw RGB565 pixels: two bytes each, little-endian (gggbbbbb rrrrrggg), row by row from the top
 * (Msvm_VirtualSystemManagementService.GetVirtualSystemThumbnailImage). Bytes after the last row are left out.
 * @throws RangeError when there are too few bytes
 */
export function pngOfRgb565(pixels: Uint8Array, width: number, height: number): Buffer {
  if (pixels.length < width * height * 2)
    throw new RangeError(`${pixels.length} bytes are too few for ${width} x ${height} pixels`)
  const rows = Buffer.alloc((width * 3 + 1) * height)
  let target = 0
  let source = 0
  for (let y = 0; y < height; y += 1) {
    // Filter 0 of the PNG specification: bytes as they are.
    target += 1
    for (let x = 0; x < width; x += 1, source += 2, target += 3) {
      const pixel = (pixels[source] ?? 0) | ((pixels[source + 1] ?? 0) << 8)
      const red = pixel >> 11
      const green = (pixel >> 5) & 0x3f
      const blue = pixel & 0x1f
      rows[target] = (red << 3) | (red >> 2)
      rows[target + 1] = (green << 2) | (green >> 4)
      rows[target + 2] = (blue << 3) | (blue >> 2)
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // 8 bits a channel, colour type 2: red, green, blue.
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}
