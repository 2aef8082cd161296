import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { asciiJson, plainSigns, signsOf } from '../../src/cli/plain-signs.ts'

/** Code page 437 above ASCII, as Unicode's mapping CP437.TXT has it. */
const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'
const src = resolve(import.meta.dirname, '../../src')

/** Signs in the texts that the command line prints. */
const signs = new Set(
  ['cli', 'commands']
    .flatMap((folder) => globSync(join(src, folder, '**/*.ts')))
    .filter((file) => !file.endsWith('wrap-text.ts') && !file.endsWith('plain-signs.ts'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/[^\u0000-\u007f]/gu)].map(([sign]) => sign)),
)

it('every sign in the texts of the command line is one that code page 437 can show, in its plain form', () => {
  expect(signs).toContain('✗')
  expect(
    [...signs].filter((sign) =>
      Array.from(plainSigns(sign)).some((one) => one > '\u007f' && !CP437.includes(one)),
    ),
  ).toEqual([])
})

it('is ASCII in a Windows pipe, whose reader takes the code page of the console', () => {
  expect([...signs].map((sign) => plainSigns(sign, 'ascii')).filter((text) => /[^ -~]/.test(text))).toEqual(
    [],
  )
  expect(plainSigns('✓ 3 · 4 …', 'ascii')).toBe('+ 3 | 4 ~')
})

it('JSON of every code page says the same', () => {
  const document = { name: 'Пользователи 漢字 🙂', path: 'C:\\ü', '—': '\u007f' }
  const text = asciiJson(JSON.stringify(document))
  expect(text).toMatch(/^[ -~]*$/)
  expect(JSON.parse(text)).toEqual(document)
})

it('names and paths stay as they are', () => {
  expect(plainSigns('✗ C:\\Пользователи\\漢字 … ')).toBe('x C:\\Пользователи\\漢字 » ')
})

it.each([
  ['linux', {}, false, 'all'],
  ['linux', { TERM: 'linux' }, true, 'code-page-437'],
  ['win32', {}, true, 'code-page-437'],
  ['win32', {}, false, 'ascii'],
  ['win32', { WT_SESSION: 'x' }, true, 'all'],
  ['win32', { WT_SESSION: 'x' }, false, 'ascii'],
  ['win32', { CI: 'true' }, false, 'all'],
  ['win32', { TERM: 'xterm-256color' }, false, 'all'],
] as const)(
  'on %s with %j, a terminal: %s, these signs are shown: %s',
  (platform, environment, tty, expected) => {
    expect(signsOf(platform, environment, tty)).toBe(expected)
  },
)
