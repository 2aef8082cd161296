import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonPieces } from '../../src/kit/json-pieces.ts'

it('is the JSON of the document, in pieces', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue()))),
      (document) => {
        const text = [...jsonPieces(document)].join('')
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(document)))
        expect(text.endsWith('}\n')).toBe(true)
      },
    ),
  )
})

it('leaves out what is undefined, writes null for it in a list, and gives each element of a list a line', () => {
  const text = [...jsonPieces({ a: undefined, list: [1, undefined, { b: [2, 3] }], empty: [] })].join('')
  expect(text).toBe('{\n"list": [\n1,\nnull,\n{"b":[2,3]}\n],\n"empty": []\n}\n')
})

it('never holds much more than a piece at a time', () => {
  const list = Array.from({ length: 10_000 }, (_, at) => ({ at, text: 'x'.repeat(100) }))
  const lengths = Array.from(jsonPieces({ list }), (piece) => piece.length)
  expect(lengths.length).toBeGreaterThan(10)
  expect(lengths.every((length) => length < 70_000)).toBe(true)
})
