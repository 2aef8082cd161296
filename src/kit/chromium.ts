/** A browser that turns a page into a PDF, where this computer has one. */
import { statSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runProgram } from './process.ts'
import { searchPath, windowsProgram } from './search-path.ts'

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'msedge']
/** Below the folders of programs, where Windows has its browsers; none of them is in PATH there. */
const BROWSERS_OF_WINDOWS = ['Microsoft/Edge/Application/msedge.exe', 'Google/Chrome/Application/chrome.exe']
const PROGRAMS_OF_WINDOWS = ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA']
/** A slow computer draws a page of thousands of cells in less. */
const TIMEOUT_MS = 120_000

/** What a person does about it. */
export const HOW_TO_GET_ONE =
  process.platform === 'win32'
    ? 'install Edge or Chrome, or name a Chromium in RINGZERO_CHROMIUM'
    : 'install chromium (`apt-get install chromium`), or name one in RINGZERO_CHROMIUM'

export interface Printed {
  readonly pdf?: Buffer
  /** Why there is none, as a sentence without its full stop. */
  readonly because?: string
}

/** Absolute path of the browser that prints; undefined where this computer has none. RINGZERO_CHROMIUM names another. */
export function findBrowser(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment['RINGZERO_CHROMIUM']
  if (named !== undefined && named !== '') return isFile(named) ? named : undefined
  if (process.platform !== 'win32')
    return BROWSERS.flatMap((name) => searchPath().map((folder) => join(folder, name))).find(isFile)
  const installed = PROGRAMS_OF_WINDOWS.flatMap((name) => environment[name] ?? []).flatMap((folder) =>
    BROWSERS_OF_WINDOWS.map((path) => join(folder, path)),
  )
  return BROWSERS.flatMap((name) => windowsProgram(name) ?? [])[0] ?? installed.find(isFile)
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
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
    const browser = findBrowser()
    if (browser === undefined) return { because: `this computer has no Chromium: ${HOW_TO_GET_ONE}` }
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
    if (result.startError !== undefined) return { because: `${browser} does not start: ${result.startError}` }
    const pdf = await readFile(target).catch(() => undefined)
    return pdf === undefined ? { because: `${browser} printed nothing` } : { pdf: withoutTraces(pdf, folder) }
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
