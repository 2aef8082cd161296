/** Brings an artifact's files into a guest and proves that they arrived as they were pinned. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256File } from '../../kit/hash.ts'
import { AppError } from '../../model/errors.ts'
import type { Context } from '../../sdk/context.ts'
import type { Artifact, Target } from '../../sdk/installer.ts'
import { settle, takenAway, wayIsGood } from './arrival.ts'
import { InstallStepFailed } from './install-step-failed.ts'

/** Guest path of one of the artifact's files inside the transfer folder. */
export function transferredPath(folder: string, file: string, target: Target): string {
  return target.dialect.joinPath(folder, ...file.split(/[\\/]/))
}

/**
 * Copies every file into a folder of the guest (`Dialect.transferFolder`) and hashes it again there.
 * @throws AppError CANDIDATE_CHANGED (user) when the host's file is no longer what was pinned,
 * HOST_TRANSFER (host) when the lab does not bring files over whole; InstallStepFailed when the guest
 * refuses them, or (`quarantined`) when something in it takes them away or changes them; ChannelLost and
 * DeadlineError are passed on
 */
export async function transferFiles(
  artifact: Artifact,
  folder: string,
  target: Target,
  ctx: Context,
): Promise<void> {
  const { guest, dialect } = target
  for (const file of artifact.files) await pushFile(artifact, file, folder, target, ctx)
  if (artifact.files.length === 0) return
  const arrived = await dialect.files([folder], guest, ctx, artifact.files.length + 1)
  for (const file of artifact.files) {
    const seen = arrived.files.get(transferredPath(folder, file.path, target))?.sha256
    if (seen !== file.sha256) await bringAgain(artifact, file, seen, folder, target, ctx)
  }
}

/** Explains files that were there and no longer are, when a later step failed on them; undefined when all of them are. */
export async function explainLostFiles(
  artifact: Artifact,
  folder: string,
  target: Target,
  ctx: Context,
): Promise<InstallStepFailed | undefined> {
  const arrived = await target.dialect.files([folder], target.guest, ctx, artifact.files.length + 1)
  const lost = artifact.files.find(({ path }) => !arrived.files.has(transferredPath(folder, path, target)))
  if (lost === undefined) return undefined
  const { size } = await stat(join(artifact.folder, lost.path))
  if (!(await wayIsGood(folder, size, target, ctx))) return undefined
  return takenAway(lost.path, 'gone', target, ctx)
}

type ArtifactFile = Artifact['files'][number]

/**
 * A guest that has no room for the file or lets nobody write is a failed installation. One that does not hold what was written
 * gets it once more: a flaky way is the lab's, and what is wrong again is told apart by the hashes that follow.
 */
async function pushFile(
  artifact: Artifact,
  file: ArtifactFile,
  folder: string,
  target: Target,
  ctx: Context,
): Promise<void> {
  const path = transferredPath(folder, file.path, target)
  for (const last of [false, true]) {
    try {
      return await target.guest.push(join(artifact.folder, file.path), path, ctx)
    } catch (error) {
      if (!(error instanceof AppError) || !error.code.startsWith('GUEST_')) throw error
      if (error.code !== 'GUEST_FILE_DIFFERS' && error.code !== 'GUEST_FILE_MISSING')
        throw new InstallStepFailed(`the guest did not take ${path}: ${error.message}`)
      if (!last) ctx.log.log('warn', 'the guest does not hold what was written to it', { path })
    }
  }
}

/**
 * A file that did not arrive: if a random one of its length does, it is sent again, and only one that is then taken away or
 * changed once more is the guest's doing. Returns when it stands there.
 */
async function bringAgain(
  artifact: Artifact,
  file: ArtifactFile,
  first: string | undefined,
  folder: string,
  target: Target,
  ctx: Context,
): Promise<void> {
  const here = join(artifact.folder, file.path)
  if ((await sha256File(here).catch(() => undefined)) !== file.sha256) {
    throw new AppError('CANDIDATE_CHANGED', 'user', `${file.path} changed after ${artifact.id} was loaded`, {
      where: { file: here },
      hint: 'leave the files alone while they are tested, or update their sha256, and run again',
    })
  }
  const { size } = await stat(here)
  if (await wayIsGood(folder, size, target, ctx)) {
    await pushFile(artifact, file, folder, target, ctx)
    await settle(ctx)
    const path = transferredPath(folder, file.path, target)
    const seen = (await target.dialect.files([path], target.guest, ctx)).files.get(path)?.sha256
    if (seen === file.sha256) return
    throw await takenAway(file.path, seen === undefined ? 'gone' : 'changed', target, ctx)
  }
  const found = first === undefined ? 'is missing there' : `has sha256 ${first} there`
  throw new AppError(
    'HOST_TRANSFER',
    'host',
    `${file.path} was damaged on its way into the guest: it ${found}, and so is any other file of its length`,
    {
      hint: 'check the host: its disk, its memory and the channel into the guest',
    },
  )
}
