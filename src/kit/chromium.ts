/** A browser that turns a page into a PDF, where this computer has one. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runProgram } from './process.ts'

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'msedge']
/** A slow computer draws a page of thousands of cells in less. */
const TIMEOUT_MS = 120_000

export interface Printed {
  readonly pdf?: Buffer
  /** Why there is none, as a sentence without its full stop. */
  readonly because?: string
}

/**
 * Prints a page that needs no network. Times, the folder and the version of the browser are taken out, so that the same page gives the same
 * bytes with the same browser.
 */
export async function printPage(html: string, signal: AbortSignal): Promise<Printed> {
  const folder = await mkdtemp(join(tmpdir(), 'ringzero-print-'))
  try {
    const page = join(folder, 'page.html')
    const target = join(folder, 'page.pdf')
    await writeFile(page, html)
    for (const browser of BROWSERS) {
      const result = await runProgram(
        browser,
        [
          '--headless',
          '--disable-gpu',
          '--no-first-run',
          '--host-resolver-rules=MAP * ~NOTFOUND',
          ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
          `--user-data-dir=${join(folder, 'profile')}`,
          '--no-pdf-header-footer',
          '--virtual-time-budget=10000',
          `--print-to-pdf=${target}`,
          pathToFileURL(page).href,
        ],
        { signal, timeoutMs: TIMEOUT_MS, environment: { HOME: folder } },
      )
      if (result.startError !== undefined) continue
      const pdf = await readFile(target).catch(() => undefined)
      return pdf === undefined
        ? { because: `${browser} printed nothing` }
        : { pdf: withoutTraces(pdf, folder) }
    }
    return { because: 'this computer has no Chromium' }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Every replacement is as long as what it replaces, since a PDF counts its bytes. */
function withoutTraces(pdf: Buffer, folder: string): Buffer {
  const here = pathToFileURL(join(folder, '/')).href
  // Links to the files beside the page stay links to the files beside the PDF.
  const beside = `${'./'.repeat(here.length >> 1)}${'/'.repeat(here.length % 2)}`
  const text = pdf
    .toString('latin1')
    .replaceAll(here, beside)
    .replace(
      /(\/(?:CreationDate|ModDate) \(D:)(\d+)/g,
      (_, name: string, digits: string) => name + '0'.repeat(digits.length),
    )
    .replace(
      /(\/(?:Creator|Producer) \()((?:\\.|[^)\\])*)/g,
      (_, name: string, value: string) => name + ' '.repeat(value.length),
    )
  return Buffer.from(text, 'latin1')
}
