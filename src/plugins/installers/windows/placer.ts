/** Places files in a Windows guest by one script of ours that gets every path as data. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { assetPath } from '../../../kit/assets.ts'
import { AppError } from '../../../model/errors.ts'
import type { Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type { WindowsGuest } from '../../../sdk/windows-guest.ts'
import type { FilePlacer } from '../shared/file-placer.ts'
import { InstallStepFailed } from '../shared/install-step-failed.ts'

const KEEP_FOLDER = 'C:\\ProgramData\\ringzero-kept'

const StateSchema = z.object({
  kind: z.enum(['file', 'absent', 'folder', 'link', 'other']),
  size: z.number(),
  missingFolders: z.int(),
})

/** @param windows what the guest's guest OS offers of Windows */
export function windowsPlacer(windows: WindowsGuest): FilePlacer {
  const run = (parameters: Readonly<Record<string, unknown>>, guest: Channel, ctx: Context) =>
    runPlacement(windows, parameters, guest, ctx)
  return {
    async look(paths, guest, ctx) {
      const answer = await run({ verb: 'look', paths }, guest, ctx)
      // Windows PowerShell writes a list of one as the thing itself.
      const states = (answer as { states?: unknown } | undefined)?.states
      const parsed = z.array(StateSchema).safeParse(Array.isArray(states) ? states : [states])
      if (!parsed.success || parsed.data.length !== paths.length)
        throw new InstallStepFailed('the guest did not say what stands where')
      return parsed.data
    },
    async keep(path, key, guest, ctx) {
      const to = `${KEEP_FOLDER}\\${key}`
      await run({ verb: 'keep', from: path, to }, guest, ctx)
      return to
    },
    async place(placements, guest, ctx) {
      await run({ verb: 'place', items: placements.map(({ from, to }) => ({ from, to })) }, guest, ctx)
    },
    async drop(files, guest, ctx) {
      await run({ verb: 'drop', items: files }, guest, ctx)
    },
    leftOver: (path) => `${path.slice(0, path.lastIndexOf('\\'))}\\.ringzero-new`,
  }
}

let scriptText: Promise<string> | undefined

async function runPlacement(
  windows: WindowsGuest,
  parameters: Readonly<Record<string, unknown>>,
  guest: Channel,
  ctx: Context,
): Promise<unknown> {
  scriptText ??= readFile(assetPath('plugins/installers/windows/placement.ps1'), 'utf8')
  try {
    const script = { name: `placement ${String(parameters['verb'])}`, text: await scriptText }
    return await windows.runScript(script, parameters, guest, ctx)
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('GUEST_PROBE'))
      throw new InstallStepFailed(error.message)
    throw error
  }
}
