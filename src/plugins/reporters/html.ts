/** index.html: one file that opens from the file system, without network, with all guest text as inert data. */
import { fillPage } from '../../kit/inert-page.ts'
import type { Gate, Report } from '../../model/report.ts'
import type { ReportPage } from '../../model/report-page.ts'
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

/** The whole page; `audience`: whom it is for, if not for the lab. */
export async function renderHtml(
  report: Report,
  gate: Gate,
  output: Pick<OutputFolder, 'list' | 'evidence'>,
  audience?: ReportPage['audience'],
): Promise<string> {
  const blocks = cellBlocks(report, await embedEvidence(report, output))
  const head = pageHead(report, gate, {
    blocks,
    files: await output.list(),
    ...(audience === undefined ? {} : { audience }),
  })
  return await fillPage('report', allBlocks())

  function* allBlocks() {
    yield { id: 'data', data: head }
    yield* blocks.build()
  }
}
