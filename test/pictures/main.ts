/**
 * Takes the pictures of the documentation from a real run: `npm run pictures -- runs/<a run that was held>`.
 * Each is a page as a person sees it, in the Chromium of this machine.
 */
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { readFileSync } from 'node:fs'
import { noBrowser, openFile, startBrowser } from '../support/browser.ts'

interface Picture {
  readonly name: string
  /** Of the failing cell; absent: of the run. */
  readonly tab?: string
  readonly width: number
  readonly height: number
  readonly scheme?: 'light' | 'dark'
  readonly print?: boolean
}

const PICTURES: readonly Picture[] = [
  { name: 'run', width: 1280, height: 900 },
  { name: 'run-dark', width: 1280, height: 900, scheme: 'dark' },
  { name: 'run-narrow', width: 400, height: 900 },
  { name: 'run-print', width: 900, height: 1100, print: true },
  { name: 'cause', tab: 'cause', width: 1280, height: 1000 },
  { name: 'starts', tab: 'starts', width: 1280, height: 900 },
  { name: 'compare', tab: 'compare', width: 1280, height: 900 },
]

const folder = resolve(import.meta.dirname, '../../docs/pictures')
const [run] = process.argv.slice(2)
if (run === undefined || noBrowser !== undefined)
  throw new Error(noBrowser ?? 'name the folder of a run: npm run pictures -- runs/<id>')
const page = resolve(run, 'report/index.html')
const report = JSON.parse(readFileSync(resolve(run, 'report/report.json'), 'utf8')) as {
  readonly cells: readonly { readonly verdict: { readonly cell: string; readonly outcome: string } }[]
}
const failing = report.cells.find(({ verdict }) => verdict.outcome === 'fail')?.verdict.cell ?? ''
const browser = await startBrowser()
for (const picture of PICTURES) await take(browser, picture)
await browser.close()

async function take(using: Browser, { name, tab, width, height, scheme, print }: Picture): Promise<void> {
  const hash = tab === undefined ? '' : `#/cell/${failing}/${tab}`
  const { page: opened } = await openFile(using, `${page}${hash}`, {
    viewport: { width, height },
    colorScheme: scheme ?? 'light',
  })
  if (print === true) await opened.emulateMedia({ media: 'print' })
  await opened
    .locator(tab === undefined ? '#matrix' : '[role=tabpanel] .block')
    .first()
    .waitFor()
  await opened.screenshot({ path: join(folder, `${name}.png`) })
  await opened.close()
}
