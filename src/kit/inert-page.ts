/** One HTML file that opens from the file system, without network, with all text of strangers as inert data. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { assetPath } from './assets.ts'
import { printable } from './text.ts'

export interface InertPage {
  /** Files below `src/`: the document with `<!--POLICY-->`, `<!--STYLE-->`, `<!--DATA-->` and `<!--SCRIPT-->` in it. */
  readonly template: string
  /** The later ones overrule the earlier. */
  readonly styles: readonly string[]
  /** Run in this order in one script. */
  readonly scripts: readonly string[]
  /** What the scripts find as JSON in the element `data`. */
  readonly data: unknown
}

/** Of any one text; the serial tails are shorter, pictures are apart. */
const LONGEST_TEXT = 40_000

/** The whole page. Script and style are named by hash in its content security policy, so nothing else can run. */
export async function renderInertPage({ template, styles, scripts, data }: InertPage): Promise<string> {
  const read = (name: string): Promise<string> => readFile(assetPath(name), 'utf8')
  const join = async (names: readonly string[]): Promise<string> =>
    (await Promise.all(names.map(read))).join('\n')
  const [document, style, script] = await Promise.all([read(template), join(styles), join(scripts)])
  const policy = [
    "default-src 'none'",
    `script-src '${hashSource(script)}'`,
    `style-src '${hashSource(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const parts: Readonly<Record<string, string>> = {
    POLICY: `<meta http-equiv="Content-Security-Policy" content="${policy}" />`,
    STYLE: `<style>${style}</style>`,
    DATA: `<script type="application/json" id="data">${inertJson(data, shown)}</script>`,
    SCRIPT: `<script>${script}</script>`,
  }
  // A function, since replacement text with "$&" in it would be taken as a pattern.
  return document.replace(/<!--([A-Z]+)-->/g, (whole, name: string) => parts[name] ?? whole)
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

function hashSource(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
