/** index.html: one file that opens from the file system, without network, with all guest text as inert data. */
import { fillPage } from '../../kit/inert-page.ts'
import type { Gate, Report } from '../../model/report.ts'
import type { OutputFolder, Reporter } from '../../sdk/reporter.ts'
import { cellBlocks } from './page-blocks.ts'
import { embedEvidence } from './page-evidence.ts'
import { pageHead } from './page-head.ts'

export const htmlReporter: Reporter = {
  name: 'html',
  async write(report, gate, output) {
    await output.write('index.html', await renderHtml(report, gate, output))
  },
}

/** The whole page. */
export async function renderHtml(report: Report, gate: Gate, output: OutputFolder): Promise<string> {
  const blocks = cellBlocks(report, await embedEvidence(report, output))
  const head = pageHead(report, gate, { blocks, files: await output.list() })
  return await fillPage('report', allBlocks())

  function* allBlocks() {
    yield { id: 'data', data: head }
    yield* blocks.build()
  }
}
