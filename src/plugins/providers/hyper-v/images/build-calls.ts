/** What a build of a Windows image asks of its host, step by step, as scripts with their parameters. Pure: a rehearsal prints what a build runs. */
import { join } from 'node:path'
import { assetPath } from '../../../../kit/assets.ts'
import type { LabImage } from '../../../../model/lab.ts'
import { WINDOWS_COMPUTER_NAME, type WindowsBuild } from '../../../../model/windows-build.ts'
import { writeAnswerFile } from './answer-file.ts'
import { CHANNELS, LOG_BYTES, OFFLINE_SETTINGS } from './offline-settings.ts'
import { scriptPath, type WindowsInputs } from './windows-inputs.ts'

/** A script of this folder with the scripts whose functions it uses. */
export interface BuildCall {
  readonly script: string
  readonly libraries: readonly string[]
  readonly parameters: Readonly<Record<string, unknown>>
}

/** What the calls need of the inputs; a rehearsal has it without a file of the media. */
export type CallInputs = Pick<WindowsInputs, 'options' | 'key'> & {
  readonly iso: { readonly path: string }
  readonly updates: readonly { readonly path: string }[]
  readonly drivers: readonly { readonly path: string }[]
}

/** Name of the golden disk in its folder. */
export const DISK = 'disk.vhdx'
/** What every script of a build may call. */
const LIBRARIES = [
  'plugins/providers/hyper-v/scripts/machine-library.ps1',
  'plugins/providers/hyper-v/scripts/disk-library.ps1',
  'plugins/providers/hyper-v/images/scripts/leftovers.ps1',
]

/** What is on the media. */
export function inspectCall({ iso }: CallInputs, folder: string): BuildCall {
  return call('inspect-media', { iso: iso.path, folder })
}

/** Partitions, Windows, drivers, updates, boot files. `index` and `texts` are what the media says. */
export function applyCall(
  inputs: CallInputs,
  folder: string,
  media: { readonly index: unknown; readonly texts: unknown },
): BuildCall {
  const { options, iso, updates, drivers } = inputs
  return call('apply-image', {
    ...firstMachine(inputs, folder),
    iso: iso.path,
    index: media.index,
    disk: join(folder, DISK),
    mountFolder: join(folder, 'mount'),
    sizeBytes: options.sizeGiB * 1024 ** 3,
    generation: options.generation,
    drivers: drivers.map(({ path }) => path),
    updates: updates.map(({ path }) => path),
    language: options.language ?? '',
    texts: media.texts,
  })
}

/** Settings that hold from the first start on, and the answer file, which is a secret of the call. */
export function settingsCall(folder: string): BuildCall {
  return call('write-settings', {
    disk: join(folder, DISK),
    mountFolder: join(folder, 'mount'),
    settings: OFFLINE_SETTINGS,
  })
}

/** The text of the answer file; it holds the password. */
export function answerFileOf(
  image: LabImage,
  options: WindowsBuild,
  texts: string,
  password: string,
): string {
  return writeAnswerFile({
    user: image.credentials?.user ?? '',
    password,
    language: options.language ?? texts,
    texts,
    timeZone: options.timeZone,
    computerName: WINDOWS_COMPUTER_NAME,
    ...(options.productKey === undefined ? {} : { productKey: options.productKey }),
  })
}

/** One start that ends setup. */
export function firstStartCall(image: LabImage, inputs: CallInputs, folder: string): BuildCall {
  const { options } = inputs
  return call('first-start', {
    ...firstMachine(inputs, folder),
    disk: join(folder, DISK),
    generation: options.generation,
    tpm: hasTpm(options),
    user: image.credentials?.user ?? '',
    seconds: options.firstStartSeconds,
    finishScript: scriptPath('finish-guest'),
    publishScript: scriptPath('publish-start'),
    setupScript: scriptPath('setup-state'),
    channels: CHANNELS,
    logBytes: LOG_BYTES,
  })
}

/** Only generation 2 has a virtual TPM. */
export function hasTpm({ tpm, generation }: WindowsBuild): boolean {
  return tpm && generation === 2
}

/** The machine of the first start: a build that was killed leaves it, and the next one removes it by these. */
function firstMachine({ key }: Pick<CallInputs, 'key'>, folder: string): Readonly<Record<string, string>> {
  return { name: `rz-image-${key.slice(0, 12)}`, notes: `ringzero: first start of image ${key}`, folder }
}

function call(name: string, parameters: Readonly<Record<string, unknown>>): BuildCall {
  return { script: scriptPath(name), libraries: LIBRARIES.map((library) => assetPath(library)), parameters }
}
