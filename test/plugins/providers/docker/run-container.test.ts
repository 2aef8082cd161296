import fc from 'fast-check'
import { expect, it } from 'vitest'
import { framePayloads } from '../../../../src/plugins/providers/docker/run-container.ts'

function frame(stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt32BE(payload.length, 4)
  return Buffer.concat([head, payload])
}

it('takes the payloads of an engine’s frames apart, whatever they hold', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (payloads) => {
      const frames = Buffer.concat(payloads.map((payload) => frame(2, payload)))
      expect(framePayloads(frames)).toEqual(Buffer.concat(payloads))
    }),
  )
})

it('takes a frame that was cut off as far as it goes, and never fails', () => {
  expect(framePayloads(frame(2, Buffer.from('whole')).subarray(0, 10)).toString()).toBe('wh')
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void framePayloads(Buffer.from(bytes))))
})
