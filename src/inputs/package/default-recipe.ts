/** What a kind of package needs no recipe for, and what a writer must say where there is no default. */
import type { OsName, Recipe } from '../../model/recipe.ts'

export interface PackageShape {
  readonly kind: string
  readonly files: readonly { readonly path: string }[]
  readonly main?: string | undefined
  readonly recipes?:
    { readonly linux?: Recipe | undefined; readonly windows?: Recipe | undefined } | undefined
}

/** File name endings of what a kind's default recipe installs. */
export const MAIN_ENDINGS: Readonly<Record<string, Readonly<Record<OsName, string | undefined>>>> = {
  msi: { windows: '.msi', linux: undefined },
  msu: { windows: '.msu', linux: undefined },
  cab: { windows: '.cab', linux: undefined },
  exe: { windows: '.exe', linux: undefined },
  driver: { windows: '.inf', linux: undefined },
  script: { windows: '.ps1', linux: '.sh' },
}

/** These kinds exist on Windows alone. */
export const WINDOWS_KINDS: ReadonlySet<string> = new Set(['msi', 'msu', 'cab'])

/** The file that a default recipe installs: `main`, else the only one with the kind's ending; undefined when that is not clear. */
export function mainFile(shape: PackageShape, os: OsName): string | undefined {
  if (shape.main !== undefined) return shape.main
  const ending = MAIN_ENDINGS[shape.kind]?.[os]
  if (ending === undefined) return undefined
  const fitting = shape.files.filter((file) => file.path.toLowerCase().endsWith(ending))
  return fitting.length === 1 ? fitting[0]?.path : undefined
}

/**
 * The recipe for a guest OS with the kind's defaults filled in; undefined where the writer has to say more.
 * msi, msu, cab and drivers of Windows need none: their installers know the command (domain: installer tables of Windows).
 */
export function completeRecipe(shape: PackageShape, os: OsName): Recipe | undefined {
  const own = shape.recipes?.[os]
  if (os === 'linux' && WINDOWS_KINDS.has(shape.kind)) return undefined
  if (shape.kind === 'built-in') return own ?? {}
  if (own?.install !== undefined) return own
  if (shape.kind === 'script') {
    const main = mainFile(shape, os)
    return own === undefined || main === undefined ? undefined : { ...own, install: runScript(main, os) }
  }
  const known = os === 'windows' && ['msi', 'msu', 'cab', 'driver'].includes(shape.kind)
  return known && mainFile(shape, os) !== undefined ? (own ?? {}) : undefined
}

function runScript(main: string, os: OsName): NonNullable<Recipe['install']> {
  // As a file, so that $PSScriptRoot is its folder. A policy of the image for scripts overrules Bypass, as on a machine of a customer.
  const flags = ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File']
  const command =
    os === 'linux'
      ? { program: '/bin/sh', arguments: [`\${files}/${main}`] }
      : { program: 'powershell.exe', arguments: [...flags, `\${files}\\${main.replaceAll('/', '\\')}`] }
  return { run: [command], reboot: 'detect' }
}

/** What to write where `completeRecipe` gives nothing. */
export function recipeHint(shape: PackageShape, os: OsName): string {
  const first = shape.files[0]?.path ?? 'FILE'
  const target = os === 'linux' ? '/opt/PRODUCT' : 'C:\\ProgramData\\PRODUCT'
  const slash = os === 'linux' ? '/' : '\\'
  const ending = MAIN_ENDINGS[shape.kind]?.[os]
  if (os === 'linux' && WINDOWS_KINDS.has(shape.kind)) {
    return `test kind ${shape.kind} in Windows guests, or use kind script for Linux`
  }
  if (shape.kind === 'content') {
    return `say where its files go: recipes: {${os}: {install: {place: [{file: ${first}, to: '${target}${slash}${first}'}]}}}`
  }
  if (shape.kind === 'exe') {
    return `say how it installs without a person: recipes: {${os}: {install: {run: [{program: '\${files}${slash}${first}', arguments: [/quiet]}]}}}`
  }
  if (shape.kind === 'script') {
    return `add recipes: {${os}: {verify: …, rollback: …}} and name the script as main`
  }
  return ending === undefined
    ? `add recipes: {${os}: {install: …, verify: …, rollback: …}}`
    : `name the ${ending} file as main, or add recipes: {${os}: {install: …}}`
}
