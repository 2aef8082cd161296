/** The files of a plugin as one hash: what it saw yesterday is compared with what it sees today only while it is the same. */
import { readFile, readdir, realpath, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { hashJson, sha256File } from '../../kit/hash.ts'

/**
 * Hash over names and bytes of all files of the package that `module` names, but for the packages inside it, and of all that
 * its entry imports by relative paths. Equal plugins have equal hashes wherever they are installed.
 */
export async function pluginContent(module: string, folder: string, entry: string): Promise<string> {
  const root = packageFolder(module, folder, entry)
  const own = root === undefined ? [] : await filesBelow(root, new Set())
  const hashes: (readonly [string, string])[] = []
  for (const path of new Set([...own, ...(await importedFiles(entry))])) {
    const name = relative(root ?? dirname(entry), path)
      .split(sep)
      .join('/')
    // What cannot be read here cannot be read by the plugin either.
    hashes.push([name, await sha256File(path).catch(() => 'unreadable')])
  }
  return hashJson(hashes.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The folder that is the plugin; undefined where the module is one file among others. */
function packageFolder(module: string, folder: string, entry: string): string | undefined {
  const installed = join('node_modules', module)
  const at = entry.lastIndexOf(`${sep}${installed}${sep}`)
  if (/^[^./]/.test(module) && at >= 0) return entry.slice(0, at + 1 + installed.length)
  const named = resolve(folder, module)
  return named === entry ? undefined : named
}

/** Files through links, too; a folder that links lead to twice is read once. */
async function filesBelow(folder: string, seen: Set<string>): Promise<string[]> {
  const real = await realpath(folder)
  if (seen.has(real)) return []
  seen.add(real)
  const found: string[] = []
  for (const name of await readdir(folder).catch(() => [])) {
    if (name === 'node_modules' || name === '.git') continue
    const path = join(folder, name)
    const entry = await stat(path).catch(() => undefined)
    if (entry?.isDirectory() === true) found.push(...(await filesBelow(path, seen)))
    else if (entry?.isFile() === true) found.push(path)
  }
  return found
}

/** What is named in a comment only counts, too, if it is there: a control too many is looked at, never one too few. */
async function importedFiles(entry: string): Promise<string[]> {
  const found = new Set([entry])
  for (const file of found) {
    const text = await readFile(file, 'utf8').catch(() => '')
    for (const [, name = ''] of text.matchAll(/(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"?#]+)/g)) {
      const path = resolve(dirname(file), name)
      if ((await stat(path).catch(() => undefined))?.isFile() === true) found.add(path)
    }
  }
  return [...found]
}
