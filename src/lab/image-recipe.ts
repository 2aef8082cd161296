/** How an image of the lab is made, as one hash: an image built by another recipe is another image. */
import { hashJson } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import type { LabImage } from '../model/lab.ts'
import { linuxMicroRecipe } from './linux-micro/build-linux-micro.ts'

/** @throws AppError LAB_IMAGE_BUILD, fault user, when the lab's entry does not fit its kind */
export async function imageRecipe(image: LabImage): Promise<string> {
  switch (image.kind) {
    case 'linux-micro':
      return await linuxMicroRecipe(image)
    case 'disk':
      if (image.path === undefined)
        throw new AppError('LAB_IMAGE_BUILD', 'user', `image "${image.id}" has kind disk and no path`, {
          hint: 'add path: FILE, the disk that somebody made',
          where: { file: 'lab.yaml', field: `images.${image.id}.path` },
        })
      return hashJson({
        kind: image.kind,
        path: image.path,
        dialect: image.dialect,
        credentials: image.credentials,
      })
    case 'windows':
      return hashJson({ kind: image.kind, build: image.build ?? {}, credentials: image.credentials })
  }
}
