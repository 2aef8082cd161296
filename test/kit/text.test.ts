import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bounded, boundedTail, oneLine, printable } from '../../src/kit/text.ts'

describe('printable', () => {
  it('removes colours, cursor moves, titles and control characters', () => {
    expect(printable('\u001b[31mred\u001b[0m \u001b]0;title\u0007\u001b[2Jx\u0000\u0008y')).toBe('red xy')
  })

  it('removes marks that reorder what a reader sees', () => {
    expect(printable('a\u202ecod.exe\u2066b')).toBe('acod.exeb')
  })

  it('leaves no escape, no control character but newline and tab, and no lone surrogate, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const safe = printable(text)
        expect(safe).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
        expect(safe.isWellFormed()).toBe(true)
      }),
    )
  })

  it('is done after one pass', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(printable(text))).toBe(printable(text))
      }),
    )
  })
})

describe('bounds', () => {
  it('says how much was cut, at the side where it was cut', () => {
    expect(bounded('abcdef', 4)).toBe('abcd … 2 characters cut')
    expect(boundedTail('abcdef', 4)).toBe('… 2 characters cut\ncdef')
    expect(oneLine(' a\n\tb  c ')).toBe('a b c')
  })
})
