/** The editions on installation media, and what one needs. */
import { z } from 'zod'
import { AppError } from '../../../../model/errors.ts'
import { nearestWord } from '../../../../kit/nearest-word.ts'
import type { LabImage } from '../../../../model/lab.ts'

export const EditionsSchema = z.object({
  editions: z
    .array(
      z.object({
        index: z.int().min(1),
        name: z.string().max(200),
        edition: z.string().max(100),
        version: z.string().max(64),
        bytes: z.number().nonnegative(),
        languages: z.array(z.string().max(32)),
      }),
    )
    .min(1)
    .max(100),
  freeBytes: z.number().nonnegative(),
})
export type Edition = z.output<typeof EditionsSchema>['editions'][number]

/** For paging file, dump file and what setup makes. */
const ROOM_BYTES = 8 * 1024 ** 3
/** An update is unpacked twice while it is put in. */
const UPDATE_FACTOR = 3

/** The edition that the lab asks for by name or number. @throws AppError LAB_IMAGE_BUILD (user) listing what the media has */
export function chooseEdition(
  image: LabImage,
  wanted: string | number,
  editions: readonly Edition[],
): Edition {
  const found = editions.find((edition) =>
    typeof wanted === 'number'
      ? edition.index === wanted
      : edition.name.toLowerCase() === wanted.trim().toLowerCase(),
  )
  if (found !== undefined) return found
  const names = editions.map(({ name }) => name)
  const near = typeof wanted === 'string' ? nearestWord(wanted, names) : undefined
  throw new AppError('LAB_IMAGE_BUILD', 'user', `image "${image.id}": the media has no edition "${wanted}"`, {
    hint: `${near === undefined ? 'write one of' : `write "${near}", or one of`}: ${editions.map(({ index, name }) => `${index} ${name}`).join(', ')}`,
    where: { file: 'lab.yaml', field: `images.${image.id}.build.edition` },
  })
}

/** Room that the disk takes while it is built. */
export function neededBytes(edition: Edition, updates: readonly { readonly bytes: number }[]): number {
  return (
    Math.ceil(edition.bytes * 1.2) +
    updates.reduce((sum, { bytes }) => sum + bytes * UPDATE_FACTOR, 0) +
    ROOM_BYTES
  )
}
