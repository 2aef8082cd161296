/** What a schema cannot say of a recipe: files that are not listed, paths of another system, steps without a way back. */
import { nearestWord } from '../../kit/nearest-word.ts'
import type { GuestCommand } from '../../model/command.ts'
import type { Problem, Where } from '../../model/errors.ts'
import { OsNameSchema, type OsName, type Recipe } from '../../model/recipe.ts'
import { whyNoWindowsPath } from './windows-names.ts'

export interface RecipeSurroundings {
  /** Paths that a recipe may name. */
  readonly files: readonly string[]
  readonly where: (path: readonly PropertyKey[]) => Where
  /** Names of the lab's secrets; undefined when no lab was read. */
  readonly secrets?: ReadonlySet<string> | undefined
}

/** `C:\\Windows\\Temp\\ringzero-`, 32 digits and a separator: where files stand while they are installed. */
const TRANSFER_FOLDER_CHARACTERS = 58

/** Parts of `verify` that only Windows can answer. */
const WINDOWS_QUESTIONS = ['productCode', 'build', 'package'] as const

/** Problems of all recipes, in no particular order. */
export function findRecipeProblems(
  recipes: { readonly linux?: Recipe | undefined; readonly windows?: Recipe | undefined },
  around: RecipeSurroundings,
): readonly Problem[] {
  return OsNameSchema.options.flatMap((os) => {
    const recipe = recipes[os]
    if (recipe === undefined) return []
    return [
      ...placeProblems(recipe, os, around),
      ...verifyProblems(recipe, os, around),
      ...commandProblems(recipe, os, around),
      ...(os === 'windows' ? unusableFileNames(around) : []),
    ]
  })
}

function placeProblems(recipe: Recipe, os: OsName, around: RecipeSurroundings): Problem[] {
  const places = recipe.install?.place ?? []
  return places.flatMap((place, index) => {
    const at = ['recipes', os, 'install', 'place', index]
    const twice = places.findIndex((other) => samePath(other.to, place.to, os)) !== index
    return [
      ...unlisted(place.file, [...at, 'file'], around),
      ...foreignPath(place.to, os, [...at, 'to'], around),
      ...(twice
        ? [
            problem(
              `two files are placed at ${place.to}`,
              'place one file there',
              around.where([...at, 'to']),
            ),
          ]
        : []),
    ]
  })
}

function verifyProblems(recipe: Recipe, os: OsName, around: RecipeSurroundings): Problem[] {
  const at = ['recipes', os, 'verify']
  const listed = recipe.verify?.files ?? []
  const files = listed.flatMap((file, index) => [
    ...(file.file === undefined ? [] : unlisted(file.file, [...at, 'files', index, 'file'], around)),
    ...foreignPath(file.path, os, [...at, 'files', index, 'path'], around),
    ...(file.version === undefined || os === 'windows'
      ? []
      : [windowsOnly('version', [...at, 'files', index, 'version'], around)]),
  ])
  if (os === 'windows') return files
  const only = WINDOWS_QUESTIONS.filter((name) => recipe.verify?.[name] !== undefined)
  return [...files, ...only.map((name) => windowsOnly(name, [...at, name], around))]
}

function commandProblems(recipe: Recipe, os: OsName, around: RecipeSurroundings): Problem[] {
  const at = ['recipes', os]
  const lists: readonly (readonly [readonly GuestCommand[] | undefined, readonly PropertyKey[]])[] = [
    [recipe.install?.run, [...at, 'install', 'run']],
    [recipe.verify?.run, [...at, 'verify', 'run']],
    [recipe.rollback?.run, [...at, 'rollback', 'run']],
    [recipe.stimuli, [...at, 'stimuli']],
  ]
  return lists.flatMap(([commands, path]) =>
    (commands ?? []).flatMap((command, index) => {
      // Only installing and rolling back have the transfer folder at hand.
      const hasFiles = path.includes('install') || path.includes('rollback')
      return [
        ...unlistedArguments(command, [...path, index], hasFiles, around),
        ...unknownSecrets(command, [...path, index], around),
      ]
    }),
  )
}

function unlistedArguments(
  command: GuestCommand,
  at: readonly PropertyKey[],
  hasFiles: boolean,
  around: RecipeSurroundings,
): Problem[] {
  const words = [
    [command.program, [...at, 'program']] as const,
    ...command.arguments.map((word, index) => [word, [...at, 'arguments', index]] as const),
    ...Object.entries(command.environment ?? {}).map(
      ([name, word]) => [word, [...at, 'environment', name]] as const,
    ),
  ]
  return words.flatMap(([word, path]) => {
    if (!word.includes('${files}')) return []
    if (!hasFiles) {
      return [
        problem(
          '${files} is only there while installing and rolling back',
          'name a path of the guest',
          around.where(path),
        ),
      ]
    }
    const named = /^\$\{files\}[\\/]([^\s$*?]+)$/.exec(word)?.[1]?.replaceAll('\\', '/')
    if (named === undefined || around.files.some((file) => file === named || file.startsWith(`${named}/`)))
      return []
    return unlisted(named, path, around)
  })
}

/** References to secrets that the lab does not define. */
export function unknownSecrets(
  command: GuestCommand,
  at: readonly PropertyKey[],
  around: RecipeSurroundings,
): Problem[] {
  const { secrets } = around
  if (secrets === undefined) return []
  return Object.entries(command.secretEnvironment ?? {}).flatMap(([name, secret]) =>
    secrets.has(secret)
      ? []
      : [
          problem(
            `the lab defines no secret "${secret}"`,
            secretHint(secret, secrets),
            around.where([...at, 'secretEnvironment', name]),
          ),
        ],
  )
}

/** How to fix a reference to a secret that is not there. */
export function secretHint(secret: string, secrets: ReadonlySet<string>): string {
  const near = nearestWord(secret, secrets)
  return near === undefined ? 'add it under secrets in lab.yaml' : `did you mean "${near}"?`
}

function unlisted(file: string, at: readonly PropertyKey[], around: RecipeSurroundings): Problem[] {
  if (around.files.includes(file)) return []
  const near = nearestWord(file, around.files)
  const hint = near === undefined ? 'add it to files with its sha256' : `did you mean "${near}"?`
  return [problem(`"${file}" is not one of files`, hint, around.where(at))]
}

function foreignPath(
  path: string,
  os: OsName,
  at: readonly PropertyKey[],
  around: RecipeSurroundings,
): Problem[] {
  const fits = os === 'linux' ? path.startsWith('/') : /^[A-Za-z]:[\\/]/.test(path)
  if (!fits) {
    const hint = os === 'linux' ? 'write it as /opt/x' : 'write it as C:\\x'
    return [problem(`${path} is no path of a ${os} guest`, hint, around.where(at))]
  }
  const unusable = os === 'windows' ? whyNoWindowsPath(path.slice(3), path.length) : whyNoLinuxPath(path)
  if (unusable !== undefined)
    return [
      problem(
        `"${path}" is no name of a ${os === 'windows' ? 'Windows' : 'Linux'} file: ${unusable}`,
        'rename it',
        around.where(at),
      ),
    ]
  if (!/[\\/]$/.test(path)) return []
  return [problem(`${path} names a folder`, 'name the file itself', around.where(at))]
}

/** Each step of a path has at most 255 bytes (NAME_MAX of linux/limits.h). */
function whyNoLinuxPath(path: string): string | undefined {
  const bytes = Math.max(...path.split('/').map((step) => Buffer.byteLength(step)))
  return bytes > 255 ? `a step of it has ${bytes} bytes, more than 255` : undefined
}

/** Files of the folder that a Windows guest could not hold under their names. */
function unusableFileNames({ files, where }: RecipeSurroundings): Problem[] {
  return files.flatMap((file, index) => {
    const why = whyNoWindowsPath(file, file.length + TRANSFER_FOLDER_CHARACTERS)
    return why === undefined
      ? []
      : [
          problem(
            `"${file}" is no name of a Windows file: ${why}`,
            'rename it',
            where(['files', index, 'path']),
          ),
        ]
  })
}

function windowsOnly(name: string, at: readonly PropertyKey[], around: RecipeSurroundings): Problem {
  return problem(
    `only Windows guests can be asked for "${name}"`,
    'use a file’s sha256 or a command',
    around.where(at),
  )
}

function samePath(a: string, b: string, os: OsName): boolean {
  return os === 'linux'
    ? a === b
    : a.replaceAll('/', '\\').toLowerCase() === b.replaceAll('/', '\\').toLowerCase()
}

function problem(message: string, hint: string, where: Where): Problem {
  return { message, hint, where }
}
