/** The content of a folder as one hash. */
import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { hashJson, sha256File } from '../../../../kit/hash.ts'

/**
 * Hash over the relative path and the bytes of every file below `folder`; equal trees have equal hashes wherever they
 * stand. `files` are the relative paths, with `/`. Rejects as `readdir` does when there is no such folder.
 */
export async function hashFolder(
  folder: string,
): Promise<{ readonly sha256: string; readonly files: readonly string[] }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, name: relative(folder, path).split(sep).join('/') }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const hashes: [string, string][] = []
  for (const { path, name } of files) hashes.push([name, await sha256File(path)])
  return { sha256: hashJson(hashes), files: files.map(({ name }) => name) }
}
