/** Guest paths that a candidate or product puts in place, or proves itself by. */
import type { OsName, Recipe } from '../../../model/recipe.ts'

/** Sorted, each once. */
export function recipePaths(
  recipes: { readonly linux?: Recipe | undefined; readonly windows?: Recipe | undefined } | undefined,
  os: OsName,
): readonly string[] {
  const recipe = recipes?.[os]
  const placed = (recipe?.install?.place ?? []).map((place) => place.to)
  const proven = (recipe?.verify?.files ?? []).map((file) => file.path)
  return [...new Set([...placed, ...proven])].sort()
}
