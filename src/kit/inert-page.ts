/** One HTML file that opens from the file system, without network, with all foreign text as inert data. */
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { builtPath } from './assets.ts'
import { printable } from './text.ts'

const compress = promisify(gzip)

/** Of any one text; the serial tails are shorter, pictures are apart. */
const LONGEST_TEXT = 100_000
/** From so many characters on a block is compressed: below that a person may want to read it in the file. */
const COMPRESSED_FROM = 50_000

/** A part of the page's data, which the page reads by its id. */
export interface PageDataBlock {
  readonly id: string
  readonly data: object
}

/**
 * A page that `npm run build` made (`dist/page/<name>.html`) with its data. Its security policy names its script and style
 * by hash, so nothing else can run. Blocks are made one after the other, so that one at a time is in memory.
 * @throws Error when the page has not been built
 */
export async function fillPage(name: string, blocks: Iterable<PageDataBlock>): Promise<string> {
  const page = await emptyPage(name)
  const scripts: string[] = []
  for (const block of blocks) scripts.push(await blockScript(block))
  // A function, since replacement text with "$&" in it would be taken as a pattern.
  return page.replace(DATA, () => scripts.join('\n'))
}

const DATA = '<!--DATA-->'

/** What stands before and after the data of every such page. @throws Error when the page has not been built */
export async function pageFrame(name: string): Promise<readonly string[]> {
  return (await emptyPage(name)).split(DATA)
}

async function emptyPage(name: string): Promise<string> {
  const path = builtPath(`page/${name}.html`)
  return await readFile(path, 'utf8').catch(() => {
    throw new Error(`${path} is missing: the page has not been built (npm run build)`)
  })
}

async function blockScript({ id, data }: PageDataBlock): Promise<string> {
  const json = inertJson(data, shown)
  if (json.length < COMPRESSED_FROM) return `<script type="application/json" id="${id}">${json}</script>`
  const packed = await compress(json)
  return `<script type="application/gzip" id="${id}">${packed.toString('base64')}</script>`
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
