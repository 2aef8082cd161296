/** Single names in single texts: where a name begins and ends, how short it may be, and what looks like it. */
import { wide } from './hidden-names.ts'

const SMALL_CAPITALS: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from('ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋĸʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ', (small, at) => [small, 'abcdefghijkklmnoprstuvwyz'[at]!]),
)

/** Base64 of bytes that are no text, but for a few letters. */
const among = (text: string): string => Buffer.concat([BYTES, Buffer.from(text), BYTES]).toString('base64')
const BYTES = Buffer.from([0x80, 0x01, 0xff, 0x02, 0x90, 0x03])

const SEPARATORS = ['.', '_', '@', '+', '-'] as const

/** Base64 of this text among bytes of one sort, which are none of a text. */
const between = (bytes: readonly number[], text: string): string =>
  Buffer.concat([
    Buffer.from(Array(8).fill(bytes).flat() as number[]),
    Buffer.from(text),
    Buffer.from(Array(8).fill(bytes).flat() as number[]),
  ]).toString('base64')

/** Signs by their names in XML and HTML. */
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

/** A name or word, a text, and whether it is to be found in it. */
export const PRECISE: readonly (readonly [string, string | Uint8Array, boolean, ('names' | 'words')?])[] = [
  // Lengths from which a name is looked for within words, without its signs, and in what may be no text.
  ['abcde', 'xxabcdexx', true],
  ['abcd', 'xxabcdxx', false],
  ['abcd', 'xx abcd xx', true],
  ['ab', 'xx AB xx', true],
  ['rn', 'see rn there', true],
  ['rn', 'see m there', false],
  ['ab-cd-ef-gh', 'xabcdefghx', true],
  ['ab-cd-ef-g', 'xabcdefgx', false],
  ['abcdefgh', 'ab cd ef gh', true],
  ['abcdefg', 'ab cd ef g', false],
  ['abcdefgh-5', 'abcdefgh 6', false],
  ['abcd', 'xx abcd xx', true, 'words'],
  ['abc', 'xx abc xx', false, 'words'],
  ['abcdefgh', among('abcdefgh'), true],
  ['abcdefgh', Buffer.concat([BYTES, Buffer.from('abcdefgh'), BYTES]).toString('hex'), true],
  // Half a byte further on there is nothing that can be text.
  ['pppppppp', Buffer.concat([BYTES, Buffer.from('pppppppp'), BYTES]).toString('hex'), true],
  ['abcdefg', among('abcdefg'), false],
  ['abcdefg', among('ab\u0001abcdefgXY'), false],
  ['abcdefgh', among('abcdefgh'), true, 'words'],
  ['abcdefg', among('abcdefg'), false, 'words'],
  ...Object.entries(ENTITIES).map(
    ([entity, sign]) => [`ab${sign}cd`, `see ab&${entity};cd there`, true] as const,
  ),
  ['abcde', 'see ab&shy;cde there', true],
  ['ab cd', 'see ab\\ cd there', true],
  ['heimdall', 'see heim\\dall there', false, 'words'],
  ['heim5dall', 'see heim\\5dall there', false, 'words'],
  // The shortest base64 and hexadecimal of a name, alone and beside more of the same.
  ['abcd', 'YWJjZA', true],
  ['abcd', 'YWJjZA\nzzzzzz', true],
  ['abc>>>def', 'YWJjPj4+ZGVm', true],
  ['abc>>>def', 'YWJjPj4-ZGVm', true],
  ['abc???def', 'YWJjPz8/ZGVm', true],
  ['abc???def', 'YWJjPz8_ZGVm', true],
  ['abcd', '61626364', true],
  ['abcd', 'a61626364', true],
  ['abcd', '61626364 00ff', true],
  ['jklm', '6A6B6C6D', true],
  ['abcd', wide('abcd'), true],
  // Nothing but controls, and nothing but what is above ASCII, tells that these are no text.
  ['shield', wide('Ѕhіеld'), true],
  ['shield', wide('Ѕhі\u200bеld'), true],
  ['topkt', wide('ᴛᴏᴘᴋᴛ'), true],
  ['shield', wide('ｓｈｉｅｌｄ'), true],
  // What can be text: twelve characters, or all but one of what was decoded.
  ['abcd', Buffer.from('\u00ffabcd efghijk\u00ff\u00ff', 'latin1').toString('base64'), true],
  ['abcd', Buffer.from('\u00ffabcd efghij\u00ff\u00ff', 'latin1').toString('base64'), false],
  ['abcd', Buffer.from('abcd\u00ff', 'latin1').toString('base64'), true],
  ['abcd', Buffer.from('abcd\u00ff\u00ff', 'latin1').toString('base64'), false],
  ...[[0x01], [0x0f], [0x7f], [0xc2, 0x80], [0xff]].map(
    (bytes) => ['abcd', between(bytes, ' abcd '), false] as const,
  ),
  // Words and their parts.
  ...SEPARATORS.flatMap((sign) => [
    [`core${sign}agent`, `see core${sign}agent there`, true, 'words'] as const,
    ['agent', `see core${sign}agent there`, true, 'words'] as const,
    ['core-agent', `see core-agent${sign} there`, true, 'words'] as const,
    ['agent', `${sign}agent`, true, 'words'] as const,
  ]),
  ['7zipper', 'see 7zipper there', true, 'words'],
  ['zip9pack', 'see zip9pack there', true, 'words'],
  ['heimdall', 'see héimdåll there', true, 'words'],
  ['heimdall', 'see ｈｅｉｍｄａｌｌ there', true, 'words'],
  ['heimdall', 'see heim\u200bdall there', true, 'words'],
  ['heimdall', 'see hei\u20ddmdall there', true, 'words'],
  ['edr', 'see e\u200bdr there', true],
  ['edr', 'see e\u20ddd\u0301r there', true],
  // Look-alikes.
  ...Object.entries(SMALL_CAPITALS).map(
    ([small, letter]) => [`zz${letter}zz${letter}zz`, `see ZZ${small}zz${small}zz there`, true] as const,
  ),
  ['shield', 'see sh|eld there', true],
  ['shield', 'see sh!eld there', true],
  ['wonder', 'see vvonder there', true],
  ['modem', 'see rnodern there', true],
  ['tools', 'see t00ls there', true],
  ['octor', 'see øctør there', true],
  ['ΣΙΓΜΑ-ΤΕΧ', 'see σιγμα-τεχ there', true],
  ['shield', 'see 🅢🅗🅘🅔🅛🅓 there', true],
  ['zenith', 'see 🆉🅴🅽🅸🆃🅷 there', true],
  ['azure', 'see 🇦🇿🇺🇷🇪 there', true],
  ['abcaz', 'see 🅐🅑🅒🅐🅩 there', true],
  ['abcaz', 'see 🅰🅱🅲🅰🆉 there', true],
]
