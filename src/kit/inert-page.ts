/** One HTML file that opens from the file system, without network, with all text of strangers as inert data. */
import { readFile } from 'node:fs/promises'
import { builtPath } from './assets.ts'
import { printable } from './text.ts'

/** Of any one text; the serial tails are shorter, pictures are apart. */
const LONGEST_TEXT = 40_000

/**
 * A page that `npm run build` made (`dist/page/<name>.html`) with its data. Its security policy names its script and style
 * by hash, so nothing else can run. @throws Error when the page has not been built
 */
export async function fillPage(name: string, data: object): Promise<string> {
  const path = builtPath(`page/${name}.html`)
  const page = await readFile(path, 'utf8').catch(() => {
    throw new Error(`${path} is missing: the page has not been built (npm run build)`)
  })
  const script = `<script type="application/json" id="data">${inertJson(data, shown)}</script>`
  // A function, since replacement text with "$&" in it would be taken as a pattern.
  return page.replace('<!--DATA-->', () => script)
}

/** JSON in which no character can end a script element or a line of one; `clean` sees every text first. */
export function inertJson(value: unknown, clean: (text: string) => string = (text) => text): string {
  const cleaned = (_: string, member: unknown): unknown =>
    typeof member === 'string' ? clean(member) : member
  return JSON.stringify(value, cleaned).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Bounded, without escapes, text-direction marks and lone surrogates: those reorder what is read, and have crashed browsers. */
function shown(text: string): string {
  if (text.startsWith('data:image/png;base64,')) return text
  return printable(text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)} …` : text)
}
