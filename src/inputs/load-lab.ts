/** Reads lab.yaml and checks what a schema cannot: names that are used twice or nowhere defined. */
import { dirname, resolve } from 'node:path'
import type { Problem } from '../model/errors.ts'
import { LabSchema, type Lab } from '../model/lab.ts'
import { invalidInput, loadYaml, type LoadedYaml } from './load-yaml.ts'

export interface LoadedLab extends Lab {
  /** Absolute path of lab.yaml. */
  readonly file: string
  /** Paths inside lab.yaml count from here. */
  readonly folder: string
  /** Absolute folder of images, layers and cached controls. */
  readonly storeFolder: string
  readonly sha256: string
}

/** The lab file at `path`. @throws AppError INPUT_INVALID or INPUT_MISSING with all problems */
export async function loadLab(path: string): Promise<LoadedLab> {
  const file = resolve(path)
  const loaded = await loadYaml(file, LabSchema, 'lab')
  const problems = findProblems(loaded)
  if (problems.length > 0) throw invalidInput(file, 'lab', problems)
  const folder = dirname(file)
  const storeFolder = resolve(folder, loaded.value.store ?? resolve('.ringzero'))
  return { ...loaded.value, file, folder, storeFolder, sha256: loaded.sha256 }
}

function findProblems(loaded: LoadedYaml<Lab>): Problem[] {
  const lab = loaded.value
  const lists = [
    ['hosts', lab.hosts.map((host) => host.name), 'name'],
    ['images', (lab.images ?? []).map((image) => image.id), 'id'],
    ['secrets', (lab.secrets ?? []).map((secret) => secret.name), 'name'],
  ] as const
  const twice = lists.flatMap(([list, names, field]) =>
    names.flatMap((name, index) =>
      names.indexOf(name) === index
        ? []
        : [
            {
              message: `"${name}" is used twice in ${list}`,
              hint: 'give each its own name',
              where: loaded.where([list, index, field]),
            },
          ],
    ),
  )
  const secrets = new Set((lab.secrets ?? []).map((secret) => secret.name))
  const images = (lab.images ?? []).flatMap((image, index): Problem[] => {
    const found: Problem[] = []
    const password = image.credentials?.password
    if (password !== undefined && !secrets.has(password)) {
      found.push({
        message: `there is no secret "${password}"`,
        hint: `add it under secrets, as {name: ${password}, environment: …}`,
        where: loaded.where(['images', index, 'credentials', 'password']),
      })
    }
    if (image.kind === 'disk' && image.path === undefined) {
      found.push({
        message: 'an image of kind disk needs a path',
        hint: 'add path: the disk file',
        where: loaded.where(['images', index]),
      })
    }
    return found
  })
  return [...twice, ...images]
}
