/** Reads lab.yaml and checks what a schema cannot: names that are used twice or nowhere defined. */
import { dirname, resolve } from 'node:path'
import type { Problem } from '../model/errors.ts'
import { LabSchema, type Lab } from '../model/lab.ts'
import { invalidInput, loadYaml, sortByPosition, type LoadedYaml } from './load-yaml.ts'
import { windowsImageProblems } from './windows-image-problems.ts'

export interface LoadedLab extends Lab {
  /** Absolute path of lab.yaml. */
  readonly file: string
  /** Paths inside lab.yaml count from here. */
  readonly folder: string
  /** Absolute folder of images, layers and cached controls. */
  readonly storeFolder: string
  readonly sha256: string
}

/**
 * The lab file at `path`. `thisComputer` names the providers whose host is the computer that ringzero runs on.
 * @throws AppError INPUT_INVALID or INPUT_MISSING with all problems
 */
export async function loadLab(path: string, thisComputer: readonly string[] = []): Promise<LoadedLab> {
  const file = resolve(path)
  const loaded = await loadYaml(file, LabSchema, 'lab')
  const problems = findProblems(loaded, thisComputer)
  if (problems.length > 0) throw invalidInput(file, 'lab', problems)
  const folder = dirname(file)
  const storeFolder = resolve(folder, loaded.value.store ?? resolve('.ringzero'))
  return { ...loaded.value, file, folder, storeFolder, sha256: loaded.sha256 }
}

function findProblems(loaded: LoadedYaml<Lab>, thisComputer: readonly string[]): Problem[] {
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
    const found: Problem[] = windowsImageProblems(image).map(({ path, message, hint }) => ({
      message,
      hint,
      where: loaded.where(['images', index, ...path]),
    }))
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
  return sortByPosition([...twice, ...sameComputer(loaded, thisComputer), ...images])
}

/** Two hosts that are one computer would lend its capacity twice. */
function sameComputer(loaded: LoadedYaml<Lab>, thisComputer: readonly string[]): Problem[] {
  const { hosts } = loaded.value
  return hosts.flatMap(({ provider, name }, index): Problem[] => {
    const first = hosts.findIndex((host) => host.provider === provider)
    if (!thisComputer.includes(provider) || index === first) return []
    return [
      {
        message: `"${name}" is the same computer as "${hosts[first]?.name}": a ${provider} host is the computer that ringzero runs on`,
        hint: 'keep one entry and raise its capacity; give each other computer a lab file of its own',
        where: loaded.where(['hosts', index, 'provider']),
      },
    ]
  })
}
