/** Reads a candidate's folder: every file there and as pinned, every recipe complete, before anything boots. */
import { mainProblems } from './artifact-of.ts'
import { dirname } from 'node:path'
import { hashJson } from '../../kit/hash.ts'
import { nearestWord } from '../../kit/nearest-word.ts'
import { CandidateSchema, type Candidate, type LoadedCandidate } from '../../model/candidate.ts'
import type { Problem, Where } from '../../model/errors.ts'
import { OsNameSchema, type OsName } from '../../model/recipe.ts'
import { completeRecipe, recipeHint, WINDOWS_KINDS } from './default-recipe.ts'
import { invalidInput, loadYaml, sortByPosition } from '../load-yaml.ts'
import { findPackageFile } from './package-folder.ts'
import { inspectFiles } from './pinned-files.ts'
import { findRecipeProblems } from './recipe-problems.ts'

export interface CandidateSurroundings {
  /** Guest operating systems of the guests that it will be tested in; each needs a recipe. Default: those that the candidate has recipes for. */
  readonly os?: readonly OsName[]
  /** Names of the lab's secrets; references are checked when given. */
  readonly secrets?: ReadonlySet<string>
  /** Ids of the lab's products; `product` is checked when given. */
  readonly products?: ReadonlySet<string>
}

/**
 * The candidate in a folder with candidate.yaml.
 * @throws AppError INPUT_MISSING or INPUT_INVALID (user) with every problem of the file and of what it lists
 */
export async function loadCandidate(
  path: string,
  surroundings: CandidateSurroundings = {},
): Promise<LoadedCandidate> {
  const file = await findPackageFile(path, 'candidate.yaml', 'candidate')
  const folder = dirname(file)
  const loaded = await loadYaml(file, CandidateSchema, 'candidate')
  const candidate = loaded.value
  const where = (steps: readonly PropertyKey[]): Where => loaded.where(steps)
  const files = candidate.files.map((entry) => entry.path)
  const { secrets } = surroundings
  const inspected = await inspectFiles(folder, candidate.files, where)
  const problems = [
    ...inspected.problems,
    ...inspected.lacking,
    ...candidateMainProblems(candidate, files, where),
    ...findRecipeProblems(candidate.recipes ?? {}, { files, where, secrets }),
    ...kindProblems(candidate, surroundings.os, where),
    ...productProblems(candidate, surroundings.products, where),
  ]
  if (problems.length > 0) throw invalidInput(file, 'candidate', sortByPosition(problems))
  return { ...candidate, folder, sha256: hashJson(candidate) }
}

function candidateMainProblems(
  { main, kind }: Candidate,
  files: readonly string[],
  where: (steps: readonly PropertyKey[]) => Where,
): Problem[] {
  if (main === undefined || kind !== 'content') return mainProblems(main, files, where)
  const hint = 'remove it; install.place says what goes where'
  return [{ message: 'content has no main file', hint, where: where(['main']) }]
}

function kindProblems(
  candidate: Candidate,
  systems: readonly OsName[] | undefined,
  where: (steps: readonly PropertyKey[]) => Where,
): Problem[] {
  const written = OsNameSchema.options.filter((name) => candidate.recipes?.[name] !== undefined)
  const usual: readonly OsName[] = written.length > 0 ? written : [defaultOs(candidate)]
  return (systems ?? usual).flatMap((os): Problem[] => {
    const recipe = completeRecipe(candidate, os)
    const place = where(candidate.recipes?.[os] === undefined ? ['kind'] : ['recipes', os])
    if (recipe === undefined) {
      const message = `kind ${candidate.kind} has no recipe for ${os} guests`
      return [{ message, hint: recipeHint(candidate, os), where: place }]
    }
    return unprovable(candidate, os).map((problem) => ({ ...problem, where: place }))
  })
}

function defaultOs(candidate: Candidate): OsName {
  return WINDOWS_KINDS.has(candidate.kind) || ['driver', 'exe'].includes(candidate.kind) ? 'windows' : 'linux'
}

/** Commands of a candidate's own can neither be proven nor undone by anybody else. */
function unprovable(candidate: Candidate, os: OsName): Omit<Problem, 'where'>[] {
  const recipe = completeRecipe(candidate, os) ?? {}
  const runs = (recipe.install?.run ?? []).length > 0
  const placed = (recipe.install?.place ?? []).length > 0
  const verified = Object.values(recipe.verify ?? {}).some((entry) => entry !== undefined && entry.length > 0)
  return [
    ...(runs && !placed && !verified
      ? [
          {
            message: 'nothing proves that it was applied',
            hint: `add verify: {files: [{path: …}]} or {run: [{program: …}]}: an exit code of 0 is no proof`,
          },
        ]
      : []),
    ...(runs && (recipe.rollback?.run ?? []).length === 0
      ? [{ message: 'its commands cannot be undone', hint: 'add rollback: {run: [{program: …}]}' }]
      : []),
    ...(recipe.install !== undefined && !runs && !placed
      ? [{ message: 'its install does nothing', hint: 'add place: or run:' }]
      : []),
  ]
}

function productProblems(
  candidate: Candidate,
  products: ReadonlySet<string> | undefined,
  where: (steps: readonly PropertyKey[]) => Where,
): Problem[] {
  if (candidate.product === undefined || products === undefined || products.has(candidate.product)) return []
  const near = nearestWord(candidate.product, products)
  const hint = near === undefined ? 'name a product of the lab, or add it there' : `did you mean "${near}"?`
  return [{ message: `the lab has no product "${candidate.product}"`, hint, where: where(['product']) }]
}
