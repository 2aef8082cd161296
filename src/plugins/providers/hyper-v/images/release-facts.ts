/** What is known of the releases of Windows (data/builds.json): which generation they start on, what they need, how long they are supported. */
import { readFileSync } from 'node:fs'
import { assetPath } from '../../../../kit/assets.ts'
import { AppError } from '../../../../model/errors.ts'
import type { LabImage } from '../../../../model/lab.ts'
import type { Edition } from './editions.ts'
import type { WindowsBuild } from '../../../../model/windows-build.ts'

export interface ReleaseFacts {
  readonly id: string
  readonly name: string
  readonly build: number
  readonly kind: string
  readonly generations: readonly number[]
  /** Last day of support of any edition, as `2027-10-12`. */
  readonly supportEnds: string | null
  readonly minimum: { readonly diskGB?: number; readonly memoryGB?: number; readonly vcpus?: number }
}

let releases: readonly ReleaseFacts[] | undefined

/** The release of an edition: its build number and whether it is a server decide, since both share build numbers. */
export function findRelease(edition: Edition): ReleaseFacts | undefined {
  releases ??= (
    JSON.parse(readFileSync(assetPath('plugins/providers/hyper-v/images/data/builds.json'), 'utf8')) as {
      releases: readonly ReleaseFacts[]
    }
  ).releases
  const build = Number(edition.version.split('.')[2])
  const server = edition.edition.startsWith('Server')
  return releases.find((release) => release.build === build && release.kind.startsWith('server') === server)
}

/** @throws AppError LAB_IMAGE_BUILD (user) when the release cannot run on such a disk */
export function checkRelease(
  image: LabImage,
  edition: Edition,
  options: WindowsBuild,
): ReleaseFacts | undefined {
  const release = findRelease(edition)
  if (release === undefined) return undefined
  const field = `images.${image.id}.build`
  if (!release.generations.includes(options.generation))
    throw new AppError(
      'LAB_IMAGE_BUILD',
      'user',
      `${release.name} does not run on generation ${options.generation} machines`,
      {
        hint: `set generation: ${release.generations[0] ?? 2}`,
        where: { file: 'lab.yaml', field: `${field}.generation` },
      },
    )
  const needed = release.minimum.diskGB ?? 0
  if (options.sizeGiB < needed)
    throw new AppError('LAB_IMAGE_BUILD', 'user', `${release.name} needs a disk of ${needed} GiB`, {
      hint: `set sizeGiB: ${needed} or more`,
      where: { file: 'lab.yaml', field: `${field}.sizeGiB` },
    })
  return release
}
