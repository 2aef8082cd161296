/** What a Windows image is made of, each file with its hash: together they are the image's key. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { assetPath } from '../../../../kit/assets.ts'
import { hashJson, sha256File } from '../../../../kit/hash.ts'
import { AppError } from '../../../../model/errors.ts'
import type { StoredFile } from '../../../../model/image.ts'
import type { LabImage } from '../../../../model/lab.ts'
import { hashFolder } from './hash-folder.ts'
import { CHANNELS, LOG_BYTES, OFFLINE_SETTINGS } from './offline-settings.ts'
import type { WindowsBuild } from '../../../../model/windows-build.ts'
import { readWindowsBuild } from './read-windows-build.ts'

export interface WindowsInputs {
  readonly options: WindowsBuild
  readonly iso: StoredFile
  readonly updates: readonly StoredFile[]
  /** Folders with INF files. */
  readonly drivers: readonly { readonly path: string; readonly sha256: string }[]
  readonly key: string
}

/** Reads and hashes them. @throws AppError LAB_IMAGE_BUILD, LAB_IMAGE_PATH (user) */
export async function readInputs(image: LabImage, labFolder: string): Promise<WindowsInputs> {
  const options = readWindowsBuild(image)
  const file = (path: string, field: string): Promise<StoredFile> => inputFile(image, labFolder, path, field)
  const iso = await file(options.iso, 'iso')
  const updates: StoredFile[] = []
  for (const [index, path] of options.updates.entries()) updates.push(await file(path, `updates[${index}]`))
  const drivers: { path: string; sha256: string }[] = []
  for (const [index, path] of options.drivers.entries())
    drivers.push(await driverFolder(image, labFolder, path, `drivers[${index}]`))
  const scripts = await Promise.all(
    [
      'leftovers',
      'apply-image',
      'write-settings',
      'first-start',
      'finish-guest',
      'setup-state',
      'publish-start',
    ].map((name) => sha256File(scriptPath(name))),
  )
  const key = hashJson({
    iso: iso.sha256,
    updates: updates.map(({ sha256 }) => sha256),
    drivers: drivers.map(({ sha256 }) => sha256),
    scripts,
    settings: [...OFFLINE_SETTINGS, CHANNELS, LOG_BYTES],
  })
  return { options, iso, updates, drivers, key }
}

async function inputFile(
  image: LabImage,
  labFolder: string,
  path: string,
  field: string,
): Promise<StoredFile> {
  const full = resolve(labFolder, path)
  const found = await stat(full).catch(() => undefined)
  if (found?.isFile() !== true)
    throw new AppError('LAB_IMAGE_PATH', 'user', `image "${image.id}": there is no file ${full}`, {
      hint: 'correct the path; relative ones start at the lab file’s folder',
      where: { file: 'lab.yaml', field: `images.${image.id}.build.${field}` },
    })
  return { path: full, absolute: true, sha256: await sha256File(full), bytes: found.size }
}

async function driverFolder(
  image: LabImage,
  labFolder: string,
  path: string,
  field: string,
): Promise<{ readonly path: string; readonly sha256: string }> {
  const full = resolve(labFolder, path)
  const found = await hashFolder(full).catch(() => undefined)
  if (found?.files.some((name) => name.toLowerCase().endsWith('.inf')) === true)
    return { path: full, sha256: found.sha256 }
  const what = found === undefined ? `there is no folder ${full}` : `${full} holds no INF file`
  throw new AppError('LAB_IMAGE_PATH', 'user', `image "${image.id}": ${what}`, {
    hint: 'name a folder that holds driver packages; relative ones start at the lab file’s folder',
    where: { file: 'lab.yaml', field: `images.${image.id}.build.${field}` },
  })
}

/** Absolute path of one of this folder's scripts. */
export function scriptPath(name: string): string {
  return assetPath(`plugins/providers/hyper-v/images/scripts/${name}.ps1`)
}
