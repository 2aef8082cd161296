/** `ringzero history --html FILE`, `ringzero compare --html FILE`: many runs on one page. */
import { access } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { writeFileAtomic } from '../kit/files.ts'
import { fillPage } from '../kit/inert-page.ts'
import type { History } from '../model/history.ts'
import type { HistoryPage } from '../model/history-page.ts'
import type { ReportDiff } from '../model/report-diff.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import { checkPageTarget } from './check-page-target.ts'
import { toolVersion } from './tool-version.ts'

/** Returns the absolute path. @throws AppError OUTPUT_EXISTS, OUTPUT_FOLDER (user) */
export async function writeHistoryPage(
  target: string,
  history: History,
  changes?: ReportDiff,
): Promise<string> {
  const file = await checkPageTarget(target)
  const data: HistoryPage = {
    toolVersion: toolVersion(),
    history,
    links: await Promise.all(history.runs.map(({ folder }) => linkTo(folder, dirname(file)))),
    ...(changes === undefined ? {} : { changes }),
  }
  await writeFileAtomic(file, await fillPage('history', [{ id: 'data', data }]))
  return file
}

/** From one folder to the page of a run; null where the run has none, or lies on another drive. */
async function linkTo(runFolder: string, from: string): Promise<string | null> {
  const page = join(runFolderPaths(runFolder).report, 'index.html')
  const there = await access(page).then(
    () => true,
    () => false,
  )
  const path = relative(from, page)
  if (!there || /^[A-Za-z]:/.test(path)) return null
  return path.split(sep).map(encodeURIComponent).join('/')
}
