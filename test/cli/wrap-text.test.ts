import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fitText, textWidth, wrapText } from '../../src/cli/wrap-text.ts'

const text = fc.string({ unit: fc.constantFrom('a', 'bc', ' ', '漢', '\u{1F600}', 'é', '-'), maxLength: 300 })

it('breaks at spaces and loses no word', () => {
  expect(wrapText('the kernel died in sensor', 12, 5)).toEqual(['the kernel', 'died in', 'sensor'])
  expect(wrapText('漢字漢字', 4, 5)).toEqual(['漢字', '漢字'])
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 100 }), (said, width) => {
      const lines = wrapText(said, width, 10_000)
      expect(lines.every((line) => textWidth(line) <= width && line !== '')).toBe(true)
      expect(lines.join('').replaceAll(' ', '')).toBe(said.replaceAll(' ', ''))
    }),
  )
})

it('says that something is left out', () => {
  expect(wrapText('one two three four', 9, 1)).toEqual(['one two …'])
  expect(fitText('漢字漢字', 5)).toBe('漢字…')
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 4, max: 20 }),
      fc.integer({ min: 1, max: 3 }),
      (said, width, maximum) => {
        const lines = wrapText(said, width, maximum)
        expect(lines.length).toBeLessThanOrEqual(maximum)
        expect(lines.every((line) => textWidth(line) <= width)).toBe(true)
        const whole = lines.join('').replaceAll(' ', '') === said.replaceAll(' ', '')
        expect(whole || lines.at(-1)?.endsWith('…')).toBe(true)
      },
    ),
  )
})
