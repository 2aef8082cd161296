/** index.html: one file that opens from the file system, without network, with all guest text as inert data. */
import { fillPage } from '../../kit/inert-page.ts'
import type { Gate, Report } from '../../model/report.ts'
import type { OutputFolder, Reporter } from '../../sdk/reporter.ts'
import { htmlData } from './html-data.ts'

export const htmlReporter: Reporter = {
  name: 'html',
  async write(report, gate, output) {
    await output.write('index.html', await renderHtml(report, gate, output))
  },
}

/** The whole page. */
export async function renderHtml(report: Report, gate: Gate, output: OutputFolder): Promise<string> {
  return await fillPage('report', await htmlData(report, gate, output))
}
