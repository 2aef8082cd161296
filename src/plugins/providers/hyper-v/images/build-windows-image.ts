/**
 * From installation media and an edition to a golden disk, on a Hyper-V host: partitions, Windows, drivers, updates, boot
 * files, settings, an answer file; one start that ends setup; sealed by hash. A build that was cut off goes on.
 */
import { z } from 'zod'
import { AppError } from '../../../../model/errors.ts'
import type { LabImage } from '../../../../model/lab.ts'
import type { Context } from '../../../../sdk/context.ts'
import type { BuiltDisk, ImageBuilder } from '../../../../sdk/image-builder.ts'
import {
  answerFileOf,
  applyCall,
  DISK,
  firstStartCall,
  hasTpm,
  inspectCall,
  settingsCall,
} from './build-calls.ts'
import { openBuildJournal, type BuildJournal } from './build-journal.ts'
import { chooseEdition, EditionsSchema, neededBytes, type Edition } from './editions.ts'
import { checkRelease } from './release-facts.ts'
import type { WindowsBuild } from '../../../../model/windows-build.ts'
import { rehearseWindowsImage } from './rehearse-windows-image.ts'
import { readInputs, type WindowsInputs } from './windows-inputs.ts'

/** Runs one of this folder's scripts on the host (elevated, with Hyper-V); secrets never stand in arguments or logs. */
export type RunScript = (
  call: {
    readonly script: string
    /** Scripts whose functions it uses. */
    readonly libraries?: readonly string[]
    readonly parameters: Readonly<Record<string, unknown>>
    readonly secrets?: Readonly<Record<string, string>>
  },
  ctx: Context,
) => Promise<unknown>

export interface WindowsImageHost {
  readonly runScript: RunScript
  readonly secret: (name: string) => string
}

const AppliedSchema = z.object({
  texts: z.string(),
  release: z.string(),
  supportEnds: z.string(),
})
const FinishedSchema = z.object({
  build: z.string().max(64),
  edition: z.string().max(64),
  language: z.string().max(32),
  installed: z.string().max(32),
  expires: z.string().max(32),
  leftOver: z.array(z.string().max(400)),
})

type Facts = z.output<typeof FinishedSchema> & Omit<z.output<typeof AppliedSchema>, 'texts'>

/** Builds images of kind `windows` on this host. */
export function windowsImageBuilder(host: WindowsImageHost): ImageBuilder {
  return {
    kinds: ['windows'],
    rehearse: rehearseWindowsImage,
    async prepare(image, labFolder) {
      const inputs = await readInputs(image, labFolder)
      return {
        key: inputs.key,
        build: async (folder, ctx) =>
          builtDisk(image, inputs, await buildDisk(image, inputs, folder, host, ctx), ctx),
      }
    },
  }
}

/** Runs the steps that are not done yet; returns what the finished guest says of itself. */
async function buildDisk(
  image: LabImage,
  inputs: WindowsInputs,
  folder: string,
  host: WindowsImageHost,
  ctx: Context,
): Promise<Facts> {
  const journal = await openBuildJournal(folder)
  // A first start that was cut off leaves a setup that cannot be trusted.
  if (journal.has('started') && !journal.has('finished')) await journal.restart()
  if (!journal.has('applied')) await applyStep(image, inputs, folder, journal, host, ctx)
  if (!journal.has('settings')) await settingsStep(image, inputs, folder, journal, host, ctx)
  if (!journal.has('finished')) await startStep(image, inputs, folder, journal, host, ctx)
  const finished = FinishedSchema.safeParse(journal.answer('finished'))
  if (!finished.success)
    throw new AppError('HOST_IMAGE', 'host', 'the first start gave no facts', { cause: finished.error })
  if (finished.data.leftOver.length > 0)
    throw new AppError('HOST_IMAGE', 'host', 'setup left answer files with the password on the disk', {
      hint: finished.data.leftOver.join(', '),
    })
  const { release, supportEnds } = AppliedSchema.parse(journal.answer('applied'))
  return { ...finished.data, release, supportEnds }
}

async function applyStep(
  image: LabImage,
  inputs: WindowsInputs,
  folder: string,
  journal: BuildJournal,
  host: WindowsImageHost,
  ctx: Context,
): Promise<void> {
  const { options, iso, updates } = inputs
  const seen = EditionsSchema.safeParse(await host.runScript(inspectCall(inputs, folder), ctx))
  if (!seen.success) throw new AppError('HOST_IMAGE', 'host', `${iso.path} cannot be read as Windows media`)
  const edition: Edition = chooseEdition(image, options.edition, seen.data.editions)
  const release = checkRelease(image, edition, options)
  const needed = neededBytes(edition, updates)
  if (seen.data.freeBytes < needed)
    throw new AppError(
      'HOST_DISK_FULL',
      'host',
      `image "${image.id}" needs ${gigabytes(needed)} GiB of room`,
      {
        hint: `free space on the volume of ${folder}: it has ${gigabytes(seen.data.freeBytes)} GiB`,
      },
    )
  ctx.log.log('info', `applying ${edition.name}`, { image: image.id })
  const texts = textsLanguage(edition, options)
  const media = { index: edition.index, texts: texts === options.language }
  await host.runScript(applyCall(inputs, folder, media), ctx)
  await journal.record('applied', {
    texts,
    release: release?.id ?? '',
    supportEnds: release?.supportEnds ?? '',
  })
}

/** Setup refuses a language for its texts that the media does not bring. */
function textsLanguage(edition: Edition, options: WindowsBuild): string {
  const wanted = edition.languages.find((tag) => tag.toLowerCase() === options.language?.toLowerCase())
  return wanted ?? edition.languages[0] ?? 'en-US'
}

async function settingsStep(
  image: LabImage,
  inputs: WindowsInputs,
  folder: string,
  journal: BuildJournal,
  host: WindowsImageHost,
  ctx: Context,
): Promise<void> {
  const { options } = inputs
  const { texts } = AppliedSchema.parse(journal.answer('applied'))
  const answerFile = answerFileOf(image, options, texts, host.secret(image.credentials?.password ?? ''))
  const call = { ...settingsCall(folder), secrets: { answerFile } }
  await journal.record('settings', await host.runScript(call, ctx))
}

async function startStep(
  image: LabImage,
  inputs: WindowsInputs,
  folder: string,
  journal: BuildJournal,
  host: WindowsImageHost,
  ctx: Context,
): Promise<void> {
  await journal.record('started')
  ctx.log.log('info', 'first start: setup runs to its end', { image: image.id })
  const secrets = { password: host.secret(image.credentials?.password ?? '') }
  const answer = await host.runScript({ ...firstStartCall(image, inputs, folder), secrets }, ctx)
  await journal.record('finished', answer)
}

function builtDisk(image: LabImage, inputs: WindowsInputs, facts: Facts, ctx: Context): BuiltDisk {
  const { leftOver: _, ...shown } = facts
  if (facts.expires !== '')
    ctx.log.log('warn', `image "${image.id}" is an evaluation: it ends on ${facts.expires}`)
  return {
    disk: DISK,
    diskFormat: 'vhdx',
    partition: 'auto',
    facts: {
      ...shown,
      iso: inputs.iso.sha256,
      generation: inputs.options.generation,
      sizeGiB: inputs.options.sizeGiB,
      tpm: hasTpm(inputs.options),
    },
  }
}

function gigabytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1)
}
