/** Every relative link of README.md and docs leads to a file of the package, and every anchor to a heading or mark there. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
/** As links write them. */
const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root }).toSorted()].map((page) =>
  page.split(sep).join('/'),
)

const read = new Map<string, string>()

function htmlOf(file: string): string {
  const known = read.get(file)
  if (known !== undefined) return known
  const html = micromark(readFileSync(file, 'utf8'), {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  })
  read.set(file, html)
  return html
}

/** Names of a page that a link may end with: its headings as GitHub spells them, and its marks (`<a id="…">`). */
function anchorsOf(html: string): ReadonlySet<string> {
  const marks = [...html.matchAll(/<a id="([^"]+)"/g)].map(([, id]) => id ?? '')
  const seen = new Map<string, number>()
  const headings = [...html.matchAll(/<h[1-6]>(.*?)<\/h[1-6]>/gs)].map(([, inner = '']) => {
    const slug = inner
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll(/&[a-z]+;/g, '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-')
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    return times === 0 ? slug : `${slug}-${times}`
  })
  return new Set([...marks, ...headings])
}

/** What is wrong with the links of a page, one line each. */
function brokenLinks(page: string, html: string): string[] {
  const targets = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, target = '']) => target)
  return targets.flatMap((target) => {
    if (/^[a-z]+:/i.test(target)) return []
    const [path = '', anchor] = decodeURI(target).split('#')
    const file = path === '' ? join(root, page) : resolve(root, dirname(page), path)
    if (relative(root, file).startsWith('..')) return [`${target}: leaves the project`]
    if (!existsSync(file)) return [`${target}: no such file`]
    if (anchor === undefined) return []
    if (statSync(file).isDirectory() || !file.endsWith('.md')) return [`${target}: no page with headings`]
    return anchorsOf(htmlOf(file)).has(anchor) ? [] : [`${target}: no such heading`]
  })
}

describe('links', () => {
  it.each(pages)('of %s lead somewhere', (page) => {
    expect(brokenLinks(page, htmlOf(join(root, page)))).toEqual([])
  })

  it('that lead nowhere are found', () => {
    const html = micromark('[a](docs/none.md) [b](README.md#none) [c](../x) [d](README.md#use-it)')
    expect(brokenLinks('README.md', html)).toEqual([
      'docs/none.md: no such file',
      'README.md#none: no such heading',
      '../x: leaves the project',
    ])
  })

  it('from the README reach every page', () => {
    const html = htmlOf(join(root, 'README.md'))
    const linked = [...html.matchAll(/href="([^"#]+)/g)].map(([, target = '']) => target)
    const missing = pages.filter(
      (page) => page !== 'README.md' && !page.startsWith('docs/decisions/') && !linked.includes(page),
    )
    expect(missing).toEqual([])
  })
})
