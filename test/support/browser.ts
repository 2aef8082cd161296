/** A real browser for the pages: the Chromium of the machine, driven by playwright-core. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { saySkipped } from './skipped-tests.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'msedge']

/** Absolute path of a Chromium: named by RINGZERO_CHROMIUM, on the search path, or installed by Playwright. */
function findChromium(): string | undefined {
  const named = process.env['RINGZERO_CHROMIUM']
  if (named !== undefined) return existsSync(named) ? named : undefined
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return [...onPath, chromium.executablePath()].find((file) => existsSync(file))
}

const executable = findChromium()

/** Why no page can be opened; undefined where one can. */
export const noBrowser =
  executable === undefined
    ? 'no Chromium was found: run `npx playwright-core install chromium`, or name one in RINGZERO_CHROMIUM'
    : undefined
if (noBrowser !== undefined) saySkipped(`pages are not opened in a browser: ${noBrowser}`)

/** Starts the browser; the caller closes it. */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: executable ?? '', args: ['--no-sandbox', '--disable-gpu'] })
}

/** Opens a file as a person would, and gives what went wrong on the page as it happens. */
export async function openFile(
  browser: Browser,
  path: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<{ readonly page: Page; readonly errors: readonly string[] }> {
  const page = await browser.newPage(options)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.goto(`file://${path}`)
  return { page, errors }
}
