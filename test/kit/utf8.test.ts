import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeUtf8 } from '../../src/kit/utf8.ts'

test('UTF-8 is read, with and without a byte order mark', () => {
  expect(decodeUtf8(Buffer.from('\ufeffZürich'))).toEqual({ text: 'Zürich' })
  expect(decodeUtf8(Buffer.from(''))).toEqual({ text: '' })
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((text) => !/\0|^\ufeff/.test(text) && text.isWellFormed()),
      (text) => {
        expect(decodeUtf8(Buffer.from(text))).toEqual({ text })
      },
    ),
  )
})

test('other encodings are named, with the first line that is wrong', () => {
  const text = 'Ort: Zürich\nOrt: Köln\n'
  const wide = Buffer.from(text, 'utf16le')
  expect(decodeUtf8(Buffer.from(`\ufeff${text}`, 'utf16le'))).toEqual({ encoding: 'UTF-16', line: 1 })
  expect(decodeUtf8(Buffer.from(`\ufeff${text}`, 'utf16le').swap16())).toEqual({
    encoding: 'UTF-16',
    line: 1,
  })
  for (const bytes of [wide, Buffer.from(wide).swap16()])
    expect(decodeUtf8(bytes)).toEqual({ encoding: 'UTF-16 without a byte order mark', line: 1 })
  expect(decodeUtf8(Buffer.from([0xff, 0xfe, 0, 0, 65, 0, 0, 0]))).toEqual({ encoding: 'UTF-32', line: 1 })
  expect(decodeUtf8(Buffer.from('# ok\nOrt: Z\u00fcrich\n', 'latin1'))).toEqual({
    encoding: 'not UTF-8: an older code page such as Windows-1252',
    line: 2,
  })
  expect(decodeUtf8(Buffer.from('a\nb\nc: \0\n'))).toEqual({ encoding: 'binary data, not text', line: 3 })
})
