/** Receipts of drills in the folder of the run that came after them: a year later the gate can still tell whether it was rehearsed. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { writeFileAtomic } from '../kit/files.ts'
import { KeptReceiptSchema, type KeptReceipt } from '../model/drill.ts'
import { AppError } from '../model/errors.ts'
import { runFolderPaths } from './run-folder.ts'

const RunDrillsSchema = z.array(KeptReceiptSchema).max(1000)

/** Writes drills.json, whole. */
export async function writeRunDrills(runFolder: string, receipts: readonly KeptReceipt[]): Promise<void> {
  await writeFileAtomic(runFolderPaths(runFolder).drills, `${JSON.stringify(receipts)}\n`)
}

/** Empty where no drill came before the run. @throws AppError RUN_UNREADABLE (user) for a file that is damaged */
export async function readRunDrills(runFolder: string): Promise<readonly KeptReceipt[]> {
  const path = runFolderPaths(runFolder).drills
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]'
    throw error
  })
  try {
    return RunDrillsSchema.parse(JSON.parse(text))
  } catch (error) {
    throw new AppError('RUN_UNREADABLE', 'user', `${path} does not hold receipts of drills`, {
      where: { file: path },
      hint: 'remove it: the run then counts as one without a drill before it',
      cause: error,
    })
  }
}
