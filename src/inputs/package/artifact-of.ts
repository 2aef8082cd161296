/** A candidate or product as installers take it. */
import { nearestWord } from '../../kit/nearest-word.ts'
import type { LoadedCandidate } from '../../model/candidate.ts'
import { AppError, type Problem, type Where } from '../../model/errors.ts'
import type { LoadedProduct } from '../../model/product.ts'
import type { OsName } from '../../model/recipe.ts'
import type { Artifact } from '../../sdk/installer.ts'
import { completeRecipe, mainFile, recipeHint } from './default-recipe.ts'

/**
 * What an installer gets: the package with its kind's default recipe for this guest OS.
 * @throws AppError RECIPE_MISSING (user) when it has none
 */
export function artifactOf(loaded: LoadedCandidate | LoadedProduct, os: OsName): Artifact {
  const recipe = completeRecipe(loaded, os)
  if (recipe === undefined) {
    const what = 'health' in loaded ? 'product' : 'candidate'
    throw new AppError('RECIPE_MISSING', 'user', `${what} ${loaded.id} cannot be installed in ${os} guests`, {
      where: { file: `${loaded.folder}/${what}.yaml`, field: `recipes.${os}` },
      hint: recipeHint(loaded, os),
    })
  }
  const main = mainFile(loaded, os)
  const { id, kind, release, folder, files } = loaded
  return { id, kind, release, folder, files, recipe, ...(main === undefined ? {} : { main }) }
}

/** The problem of a `main` that its files do not have. */
export function mainProblems(
  main: string | undefined,
  files: readonly string[],
  where: (steps: readonly PropertyKey[]) => Where,
): Problem[] {
  if (main === undefined || files.includes(main)) return []
  const near = nearestWord(main, files)
  const hint = near === undefined ? 'name one of files' : `did you mean "${near}"?`
  return [{ message: `main "${main}" is not one of files`, hint, where: where(['main']) }]
}
