import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { plainSigns, showsUnicode } from '../../src/cli/plain-signs.ts'

/** Code page 437 above ASCII, as Unicode's mapping CP437.TXT has it. */
const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'
const src = resolve(import.meta.dirname, '../../src')

it('every sign in the texts of the command line is one that code page 437 can show, in its plain form', () => {
  const files = ['cli', 'commands'].flatMap((folder) => globSync(join(src, folder, '**/*.ts')))
  const signs = new Set(
    files
      .filter((file) => !file.endsWith('wrap-text.ts') && !file.endsWith('plain-signs.ts'))
      .flatMap((file) =>
        [...readFileSync(file, 'utf8').matchAll(/[^\u0000-\u007f]/gu)].map(([sign]) => sign),
      ),
  )
  expect(signs).toContain('✗')
  expect(
    [...signs].filter((sign) =>
      Array.from(plainSigns(sign)).some((one) => one > '\u007f' && !CP437.includes(one)),
    ),
  ).toEqual([])
})

it('names and paths stay as they are', () => {
  expect(plainSigns('✗ C:\\Пользователи\\漢字 … ')).toBe('x C:\\Пользователи\\漢字 » ')
})

it.each([
  ['linux', {}, true],
  ['linux', { TERM: 'linux' }, false],
  ['win32', {}, false],
  ['win32', { WT_SESSION: 'x' }, true],
  ['win32', { CI: 'true' }, true],
  ['win32', { TERM: 'xterm-256color' }, true],
] as const)('on %s with %j every sign is shown: %s', (platform, environment, expected) => {
  expect(showsUnicode(platform, environment)).toBe(expected)
})
