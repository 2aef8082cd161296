/**
 * Takes the pictures of the documentation from two real runs, as `ringzero demo` leaves them:
 * `npm run pictures -- runs/<a run that was held> runs/<a run that was released>`. Pages as a person sees them in the Chromium of
 * this machine, the command line in a terminal of 80 columns.
 */
import { readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { noBrowser, openFile, startBrowser } from '../support/browser.ts'
import { terminalOutput, terminalPage } from './terminal-page.ts'

interface Picture {
  readonly name: string
  readonly run: 'held' | 'released'
  /** Of the failing cell; absent: of the run. */
  readonly tab?: string
  readonly width: number
  readonly height: number
  readonly scheme?: 'light' | 'dark'
  readonly print?: boolean
}

const SIZES = [
  { name: '', width: 1280, height: 900 },
  { name: '-dark', width: 1280, height: 900, scheme: 'dark' },
  { name: '-narrow', width: 400, height: 900 },
  { name: '-narrow-dark', width: 400, height: 900, scheme: 'dark' },
  { name: '-print', width: 900, height: 1100, print: true },
] as const

const PICTURES: readonly Picture[] = [
  ...SIZES.map(({ name, ...size }) => ({ ...size, name: `run${name}`, run: 'held' as const })),
  ...SIZES.map(({ name, ...size }) => ({ ...size, name: `released${name}`, run: 'released' as const })),
  ...(['cause', 'starts', 'compare'] as const).map((tab) => ({
    name: tab,
    run: 'held' as const,
    tab,
    width: 1280,
    height: tab === 'cause' ? 1000 : 900,
  })),
]

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, 'docs/pictures')
const [held, released] = process.argv.slice(2).map((run) => resolve(run))
if (held === undefined || released === undefined || noBrowser !== undefined)
  throw new Error(
    noBrowser ?? 'name two runs: npm run pictures -- runs/<one that was held> runs/<one that was released>',
  )
const runs = { held, released }
const report = JSON.parse(readFileSync(join(held, 'report/report.json'), 'utf8')) as {
  readonly cells: readonly { readonly verdict: { readonly cell: string; readonly outcome: string } }[]
}
const failing = report.cells.find(({ verdict }) => verdict.outcome === 'fail')?.verdict.cell ?? ''
const browser = await startBrowser()
for (const picture of PICTURES) await take(browser, picture)
for (const [name, run] of Object.entries(runs)) await takeTerminal(browser, name, run)
await browser.close()

async function take(using: Browser, picture: Picture): Promise<void> {
  const { name, run, tab, width, height, scheme, print } = picture
  const hash = tab === undefined ? '' : `#/cell/${failing}/${tab}`
  const { page: opened } = await openFile(using, `${join(runs[run], 'report/index.html')}${hash}`, {
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

/** How a run ends: `judge` prints what `run` prints last. */
async function takeTerminal(using: Browser, name: string, run: string): Promise<void> {
  const command = `${process.execPath} ${join(root, 'dist/main.js')} judge runs/${basename(run)}`
  const project = resolve(dirname(run), '..')
  // Paths below the project, as a reader's own would be.
  const output = terminalOutput(command, project).replaceAll(`${project}/`, '')
  const page = await using.newPage({ viewport: { width: 760, height: 400 } })
  await page.setContent(terminalPage(`ringzero judge runs/${basename(run)}`, output))
  await page.locator('pre').screenshot({ path: join(folder, `terminal-${name}.png`) })
  await page.close()
}
