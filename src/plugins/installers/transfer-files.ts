/** Brings an artifact's files into a guest and proves that they arrived as they were pinned. */
import { join } from 'node:path'
import { sha256File } from '../../kit/hash.ts'
import { AppError } from '../../model/errors.ts'
import type { Context } from '../../sdk/context.ts'
import type { Artifact, Target } from '../../sdk/installer.ts'
import { InstallStepFailed } from './install-step-failed.ts'

/** Guest path of one of the artifact's files inside the transfer folder. */
export function transferredPath(folder: string, file: string, target: Target): string {
  return target.dialect.joinPath(folder, ...file.split(/[\\/]/))
}

/**
 * Copies every file into a folder of the guest (`Dialect.transferFolder`) and hashes it again there.
 * @throws AppError CANDIDATE_CHANGED (user) when the host's file is no longer what was pinned,
 * HOST_TRANSFER (host) when the lab brought it over damaged; InstallStepFailed when the guest
 * refuses them; ChannelLost and DeadlineError are passed on
 */
export async function transferFiles(
  artifact: Artifact,
  folder: string,
  target: Target,
  ctx: Context,
): Promise<void> {
  const { guest, dialect } = target
  for (const file of artifact.files) {
    await pushFile(join(artifact.folder, file.path), transferredPath(folder, file.path, target), target, ctx)
  }
  if (artifact.files.length === 0) return
  const arrived = await dialect.files([folder], guest, ctx, artifact.files.length + 1)
  for (const file of artifact.files) {
    const seen = arrived.files.get(transferredPath(folder, file.path, target))?.sha256
    if (seen !== file.sha256) await refuse(artifact, file, seen)
  }
}

/** A guest that has no room for the file or lets nobody write is a failed installation; a file that arrives different is not. */
async function pushFile(local: string, path: string, target: Target, ctx: Context): Promise<void> {
  try {
    await target.guest.push(local, path, ctx)
  } catch (error) {
    if (!(error instanceof AppError) || !error.code.startsWith('GUEST_')) throw error
    // What arrived damaged is found by the hash below, and told with both hashes.
    if (error.code !== 'GUEST_FILE_DIFFERS') {
      throw new InstallStepFailed(`the guest did not take ${path}: ${error.message}`)
    }
  }
}

async function refuse(
  artifact: Artifact,
  file: { readonly path: string; readonly sha256: string },
  seen: string | undefined,
): Promise<never> {
  const here = join(artifact.folder, file.path)
  if ((await sha256File(here).catch(() => undefined)) !== file.sha256) {
    throw new AppError('CANDIDATE_CHANGED', 'user', `${file.path} changed after ${artifact.id} was loaded`, {
      where: { file: here },
      hint: 'leave the files alone while they are tested, or update their sha256, and run again',
    })
  }
  const found = seen === undefined ? 'is missing there' : `has sha256 ${seen} there`
  throw new AppError(
    'HOST_TRANSFER',
    'host',
    `${file.path} was damaged on its way into the guest: it ${found}`,
    {
      hint: 'check the host: its disk, its memory and the channel into the guest',
    },
  )
}
