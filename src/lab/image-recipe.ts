/** How an image of the lab is made, as one hash: an image built by another recipe is another image. */
import { hashJson } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import type { LabImage } from '../model/lab.ts'
import { linuxMicroRecipe } from './linux-micro/build-linux-micro.ts'

/** @throws AppError LAB_IMAGE_BUILD, fault user, when the lab's entry does not fit its kind */
export async function imageRecipe(image: LabImage): Promise<string> {
  if (image.kind === 'linux-micro') return await linuxMicroRecipe(image)
  if (image.kind === 'disk' && image.path === undefined)
    throw new AppError('LAB_IMAGE_BUILD', 'user', `image "${image.id}" has kind disk and no path`, {
      hint: 'add path: FILE, the disk that somebody made',
      where: { file: 'lab.yaml', field: `images.${image.id}.path` },
    })
  const { kind, os, path, build, credentials } = image
  return hashJson({ kind, os, path, build, credentials })
}
