/** Brings an artifact's files into a guest and proves that they arrived as they were pinned. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256File } from '../../../kit/hash.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Artifact, Target } from '../../../sdk/installer.ts'
import { fileAt } from './file-at.ts'
import { isDamage, onRecord, settle, takenAway, probeTransfer } from './arrival.ts'
import { InstallStepFailed } from './install-step-failed.ts'

/** Guest path of one of the artifact's files inside the transfer folder. */
export function transferredPath(folder: string, file: string, target: Target): string {
  return target.os.joinPath(folder, ...file.split(/[\\/]/))
}

/**
 * Copies every file into a folder of the guest (`GuestOs.transferFolder`) and hashes it again there.
 * @throws AppError CANDIDATE_CHANGED (user) when the host's file is no longer what was pinned,
 * HOST_TRANSFER (host) when the lab does not bring files over whole, HOST_TRANSFER_UNCLEAR (host) when it is impossible to
 * tell whether it does; InstallStepFailed when the guest refuses them, or (`quarantined`) when something in it takes them away or changes them; ChannelLost and
 * DeadlineError are passed on
 */
export async function transferFiles(
  artifact: Artifact,
  folder: string,
  target: Target,
  ctx: Context,
): Promise<void> {
  const { guest, os } = target
  const damaged = new Set<string>()
  for (const file of artifact.files)
    if (!(await pushFile(artifact, file, folder, target, ctx))) damaged.add(file.path)
  if (artifact.files.length === 0) return
  const arrived = await os.files([folder], guest, ctx, artifact.files.length + 1)
  for (const file of artifact.files) {
    const seen = fileAt(arrived.files, transferredPath(folder, file.path, target), os.name)?.sha256
    if (seen === file.sha256) continue
    const size = await unchangedSize(artifact, file)
    const lost = { ...file, size, seen, arrived: !damaged.has(file.path) }
    await followLoss(artifact, lost, folder, target, ctx)
  }
}

/** Explains files that were there and no longer are, when a later step failed on them; undefined when all of them are. */
export async function explainLostFiles(
  artifact: Artifact,
  folder: string,
  target: Target,
  ctx: Context,
): Promise<InstallStepFailed | undefined> {
  const arrived = await target.os.files([folder], target.guest, ctx, artifact.files.length + 1)
  const lost = artifact.files.find(
    ({ path }) => fileAt(arrived.files, transferredPath(folder, path, target), target.os.name) === undefined,
  )
  if (lost === undefined) return undefined
  const { size } = await stat(join(artifact.folder, lost.path))
  if ((await probeTransfer(folder, size, target, ctx)).is !== 'good') return undefined
  return takenAway(lost.path, 'gone', target, ctx)
}

type ArtifactFile = Artifact['files'][number]

/**
 * A guest that has no room for the file or does not allow writing is a failed installation. A guest that does not hold what was written
 * gets it once more, as a flaky way is the lab's. False when it did not arrive whole then either.
 */
async function pushFile(
  artifact: Artifact,
  file: ArtifactFile,
  folder: string,
  target: Target,
  ctx: Context,
): Promise<boolean> {
  const path = transferredPath(folder, file.path, target)
  for (let tries = 0; tries < 2; tries += 1) {
    try {
      await target.guest.push(join(artifact.folder, file.path), path, ctx)
      return true
    } catch (error) {
      if (!(error instanceof AppError) || !error.code.startsWith('GUEST_')) throw error
      if (!isDamage(error.code))
        throw new InstallStepFailed(`the guest did not take ${path}: ${error.message}`)
      ctx.log.log('warn', 'the guest does not hold what was written to it', { path })
    }
  }
  return false
}

/** @throws AppError CANDIDATE_CHANGED (user) when the host's own file is not the pinned one any more */
async function unchangedSize(artifact: Artifact, file: ArtifactFile): Promise<number> {
  const here = join(artifact.folder, file.path)
  if ((await sha256File(here).catch(() => undefined)) !== file.sha256) {
    throw new AppError('CANDIDATE_CHANGED', 'user', `${file.path} changed after ${artifact.id} was loaded`, {
      where: { file: here },
      hint: 'leave the files alone while they are tested, or update their sha256, and run again',
    })
  }
  return (await stat(here)).size
}

interface LostFile extends ArtifactFile {
  readonly size: number
  /** Its sha256 in the guest now; undefined when it is gone. */
  readonly seen: string | undefined
  /** The channel read it back whole. */
  readonly arrived: boolean
}

/**
 * A file that does not stand there as it was sent. Where the way is good, a file that had arrived whole was taken away or changed
 * by a program in the guest: to send it again would only hide that. A file that never arrived is sent once more; returns when it
 * stands there then.
 */
async function followLoss(
  artifact: Artifact,
  file: LostFile,
  folder: string,
  target: Target,
  ctx: Context,
): Promise<void> {
  const way = await probeTransfer(folder, file.size, target, ctx)
  let { seen } = file
  if (way.is === 'good') {
    if (!file.arrived) {
      await pushFile(artifact, file, folder, target, ctx)
      await settle(ctx)
      const path = transferredPath(folder, file.path, target)
      const { files } = await target.os.files([path], target.guest, ctx)
      seen = fileAt(files, path, target.os.name)?.sha256
      if (seen === file.sha256) return
    }
    throw await takenAway(file.path, seen === undefined ? 'gone' : 'changed', target, ctx)
  }
  if (way.is === 'bad') {
    const found = seen === undefined ? 'is missing there' : `has sha256 ${seen} there`
    throw new AppError(
      'HOST_TRANSFER',
      'host',
      `${file.path} was damaged on its way into the guest: it ${found}, and so is any other file of its length`,
      { hint: 'check the host: its disk, its memory and the channel into the guest' },
    )
  }
  const now = `is ${seen === undefined ? 'gone' : 'changed'} now`
  throw new AppError(
    'HOST_TRANSFER_UNCLEAR',
    'host',
    `${file.path} ${file.arrived ? 'arrived whole and' : 'did not arrive whole:'} ${now}; it is unknown whether the lab or a program of the guest did it, as no file of its length could be sent to compare (${oneLine(way.because, 300)}); ${await onRecord(file.path, target, ctx)}`,
    { hint: 'give the guest a larger disk (sizeGiB of its image), so that the file fits twice' },
  )
}
