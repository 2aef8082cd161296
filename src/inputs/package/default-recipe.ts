/** What a kind of package needs no recipe for, and what a writer must say where there is no default. */
import type { DialectName, Recipe } from '../../model/recipe.ts'

export interface PackageShape {
  readonly kind: string
  readonly files: readonly { readonly path: string }[]
  readonly main?: string | undefined
  readonly recipes?:
    { readonly linux?: Recipe | undefined; readonly windows?: Recipe | undefined } | undefined
}

/** File name endings of what a kind's default recipe installs. */
export const MAIN_ENDINGS: Readonly<Record<string, Readonly<Record<DialectName, string | undefined>>>> = {
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
export function mainFile(shape: PackageShape, dialect: DialectName): string | undefined {
  if (shape.main !== undefined) return shape.main
  const ending = MAIN_ENDINGS[shape.kind]?.[dialect]
  if (ending === undefined) return undefined
  const fitting = shape.files.filter((file) => file.path.toLowerCase().endsWith(ending))
  return fitting.length === 1 ? fitting[0]?.path : undefined
}

/**
 * The recipe for a dialect with the kind's defaults filled in; undefined where the writer has to say more.
 * msi, msu, cab and drivers of Windows need none: their installers know the command (domain: installer tables of Windows).
 */
export function completeRecipe(shape: PackageShape, dialect: DialectName): Recipe | undefined {
  const own = shape.recipes?.[dialect]
  if (dialect === 'linux' && WINDOWS_KINDS.has(shape.kind)) return undefined
  if (shape.kind === 'built-in') return own ?? {}
  if (own?.install !== undefined) return own
  if (shape.kind === 'script') {
    const main = mainFile(shape, dialect)
    return own === undefined || main === undefined ? undefined : { ...own, install: runScript(main, dialect) }
  }
  const known = dialect === 'windows' && ['msi', 'msu', 'cab', 'driver'].includes(shape.kind)
  return known && mainFile(shape, dialect) !== undefined ? (own ?? {}) : undefined
}

function runScript(main: string, dialect: DialectName): NonNullable<Recipe['install']> {
  const flags = ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File']
  const command =
    dialect === 'linux'
      ? { program: '/bin/sh', arguments: [`\${files}/${main}`] }
      : { program: 'powershell.exe', arguments: [...flags, `\${files}\\${main.replaceAll('/', '\\')}`] }
  return { run: [command], reboot: 'detect' }
}

/** What to write where `completeRecipe` gives nothing. */
export function recipeHint(shape: PackageShape, dialect: DialectName): string {
  const first = shape.files[0]?.path ?? 'FILE'
  const target = dialect === 'linux' ? '/opt/PRODUCT' : 'C:\\ProgramData\\PRODUCT'
  const slash = dialect === 'linux' ? '/' : '\\'
  const ending = MAIN_ENDINGS[shape.kind]?.[dialect]
  if (dialect === 'linux' && WINDOWS_KINDS.has(shape.kind)) {
    return `test kind ${shape.kind} in Windows guests, or use kind script for Linux`
  }
  if (shape.kind === 'content') {
    return `say where its files go: recipes: {${dialect}: {install: {place: [{file: ${first}, to: '${target}${slash}${first}'}]}}}`
  }
  if (shape.kind === 'exe') {
    return `say how it installs without a person: recipes: {${dialect}: {install: {run: [{program: '\${files}${slash}${first}', arguments: [/quiet]}]}}}`
  }
  if (shape.kind === 'script') {
    return `add recipes: {${dialect}: {verify: …, rollback: …}} and name the script as main`
  }
  return ending === undefined
    ? `add recipes: {${dialect}: {install: …, verify: …, rollback: …}}`
    : `name the ${ending} file as main, or add recipes: {${dialect}: {install: …}}`
}
