import { AppError } from '../../../../model/errors.ts'
import type { LabImage } from '../../../../model/lab.ts'
import { WindowsBuildSchema, type WindowsBuild } from '../../../../model/windows-build.ts'

/** The options of a Windows image, checked. @throws AppError LAB_IMAGE_BUILD (user) naming every wrong field */
export function readWindowsBuild(image: LabImage): WindowsBuild {
  const parsed = WindowsBuildSchema.safeParse(image.build ?? {})
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => ({
        message: issue.message,
        where: { file: 'lab.yaml', field: ['images', image.id, 'build', ...issue.path].join('.') },
      }))
  if (image.credentials === undefined)
    problems.push({
      message: 'a Windows image needs credentials: the local administrator that setup makes',
      where: { file: 'lab.yaml', field: `images.${image.id}.credentials` },
    })
  if (parsed.success && problems.length === 0) return parsed.data
  throw new AppError('LAB_IMAGE_BUILD', 'user', `image "${image.id}" cannot be built as it is described`, {
    problems,
    hint: 'see docs/windows.md for an example',
  })
}
