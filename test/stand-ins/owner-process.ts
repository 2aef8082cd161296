/** Starts another process that owns something (owner-child.ts). */
import { join } from 'node:path'
import { startProgram, type Running } from '../../src/kit/process.ts'
import type { Owner } from '../../src/kit/owned-file.ts'

/** Resolves when it has said who it is. The caller kills it. */
export async function ownerProcess(): Promise<{ readonly running: Running; readonly owner: Owner }> {
  let text = ''
  let said: (owner: Owner) => void
  const owner = new Promise<Owner>((resolve) => (said = resolve))
  const running = await startProgram(process.execPath, [join(import.meta.dirname, 'owner-child.ts')], {
    onOutput: (piece) => {
      text += piece.toString()
      if (text.endsWith('\n')) said(JSON.parse(text) as Owner)
    },
  })
  return { running, owner: await owner }
}
