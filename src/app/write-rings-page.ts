/** `ringzero rings --html FILE`: the rings as one page that opens from the file system. */
import { writeFileAtomic } from '../kit/files.ts'
import { fillPage } from '../kit/inert-page.ts'
import type { RingPage, RingPlan } from '../model/rings.ts'
import { checkPageTarget } from './check-page-target.ts'
import { toolVersion } from './tool-version.ts'

/** Returns the absolute path. @throws AppError OUTPUT_EXISTS, OUTPUT_FOLDER (user) */
export async function writeRingsPage(target: string, plan: RingPlan): Promise<string> {
  const file = await checkPageTarget(target)
  const data: RingPage = { toolVersion: toolVersion(), plan }
  await writeFileAtomic(file, await fillPage('rings', [{ id: 'data', data }]))
  return file
}
