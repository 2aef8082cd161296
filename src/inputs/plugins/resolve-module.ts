/** Finds the file that a plugin's `module` names, as seen from the folder of lab.yaml. */
import { readFile, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'

/**
 * Absolute path of the module's entry file; undefined when there is none. A path (`./x`, `/x`) names a file or a package
 * folder; anything else is a package in a node_modules folder of `folder` or above.
 */
export async function resolveModule(module: string, folder: string): Promise<string | undefined> {
  if (isAbsolute(module) || /^\.{1,2}(?:[\\/]|$)/.test(module)) return entryOf(resolve(folder, module))
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? module
  if (name !== module || name.includes('..')) return undefined
  for (let here = folder; ; here = dirname(here)) {
    const entry = await entryOf(join(here, 'node_modules', name))
    if (entry !== undefined || dirname(here) === here) return entry
  }
}

async function entryOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() === true) return path
  if (found?.isDirectory() !== true) return undefined
  const text = await readFile(join(path, 'package.json'), 'utf8').catch(() => '{}')
  const entry = join(path, mainOf(text) ?? 'index.js')
  return (await stat(entry).catch(() => undefined))?.isFile() === true ? entry : undefined
}

/** The package's own door: `exports` (its "." for import, node or default), else `main`. */
function mainOf(text: string): string | undefined {
  let manifest: { readonly exports?: unknown; readonly main?: unknown }
  try {
    manifest = JSON.parse(text) as typeof manifest
  } catch {
    return undefined
  }
  const door = pick(manifest.exports)
  return door ?? (typeof manifest.main === 'string' ? manifest.main : undefined)
}

function pick(exported: unknown): string | undefined {
  if (typeof exported === 'string') return exported
  if (exported === null || typeof exported !== 'object' || Array.isArray(exported)) return undefined
  const conditions = exported as Readonly<Record<string, unknown>>
  for (const name of ['.', 'node', 'import', 'default']) {
    const found = pick(conditions[name])
    if (found !== undefined) return found
  }
  return undefined
}
