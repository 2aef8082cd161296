/** Looks a path up among files that a guest wrote down in its own spelling. */
import type { OsName } from '../../../model/recipe.ts'
import type { FileFact } from '../../../sdk/guest-os.ts'

/** Windows keeps the case in which a folder was made first, and finds it under every other. */
export function fileAt(files: ReadonlyMap<string, FileFact>, path: string, os: OsName): FileFact | undefined {
  const exact = files.get(path)
  if (exact !== undefined || os !== 'windows') return exact
  const folded = path.toLowerCase()
  return [...files].find(([name]) => name.toLowerCase() === folded)?.[1]
}
