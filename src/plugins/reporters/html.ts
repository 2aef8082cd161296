/** index.html: one file that opens from the file system, without network, with all guest text as inert data. */
import { renderInertPage } from '../../kit/inert-page.ts'
import type { Gate, Report } from '../../model/report.ts'
import type { OutputFolder, Reporter } from '../../sdk/reporter.ts'
import { htmlData } from './html-data.ts'

const STYLES = ['theme.css', 'frame.css', 'matrix.css', 'cell.css', 'panels.css', 'narrow.css']
/** Each adds to the object `page` of the first. */
const SCRIPTS = [
  'document.js',
  'head.js',
  'grid-keys.js',
  'matrix.js',
  'attempts.js',
  'cell.js',
  'panels.js',
  'start.js',
]

export const htmlReporter: Reporter = {
  name: 'html',
  async write(report, gate, output) {
    await output.write('index.html', await renderHtml(report, gate, output))
  },
}

/** The whole page. */
export async function renderHtml(report: Report, gate: Gate, output: OutputFolder): Promise<string> {
  return await renderInertPage({
    template: 'page/report.html',
    styles: STYLES.map((name) => `page/${name}`),
    scripts: SCRIPTS.map((name) => `page/${name}`),
    data: await htmlData(report, gate, output),
  })
}
