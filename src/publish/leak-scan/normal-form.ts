/** Text in a form in which a name and its look-alikes are the same. */
import unhomoglyph from 'unhomoglyph'

/** Letters that the confusables of Unicode (TR39) keep apart from those that they look like. */
const SMALL_CAPITALS: Readonly<Record<string, string>> = {
  ᴀ: 'a',
  ʙ: 'b',
  ᴅ: 'd',
  ᴇ: 'e',
  ꜰ: 'f',
  ɢ: 'g',
  ʜ: 'h',
  ᴊ: 'j',
  ᴋ: 'k',
  ĸ: 'k',
  ʟ: 'l',
  ᴍ: 'm',
  ɴ: 'n',
  ᴘ: 'p',
  ʀ: 'r',
  ᴛ: 't',
}
const SMALL_CAPITAL = new RegExp(`[${Object.keys(SMALL_CAPITALS).join('')}]`, 'g')

/** White letters on black circles and squares, and those that flags are made of: Unicode gives no plain letter for them. */
const ENCLOSED = /[\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}\u{1f1e6}-\u{1f1ff}]/gu
const ENCLOSED_A = [0x1f1e6, 0x1f170, 0x1f150]

function plainLetter(enclosed: string): string {
  const code = enclosed.codePointAt(0) ?? 0
  const first = ENCLOSED_A.find((a) => code >= a) ?? code
  return String.fromCharCode(0x61 + code - first)
}

/** What is not seen, or only as an accent: zero-width characters, soft hyphens, variation selectors, combining marks. */
const UNSEEN = /[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]/gu
// oxlint-disable-next-line eslint/no-control-regex
const ASCII = /^[\0-\x7f]*$/

/**
 * Two spellings of one text, as a capital can look like another letter than its small one (Greek Η is an H, η an n). A name is found
 * when one of its spellings stands in one of a text's.
 */
export function normalForms(text: string): readonly string[] {
  if (ASCII.test(text)) return [oneOfLookAlikes(text.toLowerCase())]
  const plain = text
    .normalize('NFKD')
    .replace(UNSEEN, '')
    .replace(ENCLOSED, plainLetter)
    // First, as Unicode takes ᴍ for ʍ.
    .replace(SMALL_CAPITAL, (letter) => SMALL_CAPITALS[letter] ?? letter)
  const forms = [plain, plain.toLowerCase()].map((form) =>
    oneOfLookAlikes(unhomoglyph(form).normalize('NFKD').replace(UNSEEN, '').toLowerCase()),
  )
  return [...new Set(forms)]
}

/** Look-alikes within ASCII: 1, i and | are l, 0 is o, rn is m, vv is w. */
function oneOfLookAlikes(lower: string): string {
  return lower
    .replace(/[1i|!]/g, 'l')
    .replaceAll('0', 'o')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
}

/** Without everything between letters and digits: `Acme Sensor`, `acme-sensor` and `AcmeSensor` are the same. */
export function squeezed(form: string): string {
  return form.replace(/[^\p{L}\p{N}]+/gu, '')
}

/** Words of a text as it has them: what stands between spaces and signs, whole and in its parts. */
export function* wordsOf(text: string): Generator<string> {
  const plain = ASCII.test(text) ? text : text.normalize('NFKD').replace(UNSEEN, '')
  for (const [whole] of plain.matchAll(/[\p{L}\p{N}][\p{L}\p{N}._@+-]*/gu)) {
    const word = whole.replace(/[._@+-]+$/, '')
    yield word
    const parts = word.split(/[._@+-]+/)
    if (parts.length > 1) yield* parts
  }
}
