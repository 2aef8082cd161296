/** Builds the console program that holds the real PowerShell engine, once a state of its sources, outside the tree. */
import { readdirSync, readFileSync } from 'node:fs'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../../../src/kit/hash.ts'
import { runProgram } from '../../../src/kit/process.ts'

const here = import.meta.dirname
const cmdlets = join(here, '../hyper-v-module/cmdlets')

/** Folder to put on PSModulePath: the stand-in modules. */
export const standInModules = join(here, '../hyper-v-module')

/**
 * Absolute path of the program: the one that RINGZERO_POWERSHELL_HOST names, else our own. Restores System.Management.Automation from NuGet the first time.
 * @throws Error with the output of the build when the engine cannot be had
 */
export async function powerShellHost(): Promise<string> {
  const given = process.env['RINGZERO_POWERSHELL_HOST']
  if (given !== undefined) return given
  const folder = join(homedir(), '.cache', 'ringzero-tests', `powershell-host-${fingerprint()}`)
  const program = join(folder, 'powershell-host')
  if (await exists(program)) return program
  const work = `${folder}.${process.pid}`
  await mkdir(work, { recursive: true })
  const built = await runProgram(
    'dotnet',
    [
      'build',
      join(here, 'powershell-host.csproj'),
      '-c',
      'Release',
      '-v',
      'quiet',
      '--nologo',
      '-o',
      join(work, 'out'),
      '--artifacts-path',
      join(work, 'artifacts'),
    ],
    { timeoutMs: 300_000 },
  )
  if (built.exitCode !== 0)
    throw new Error(
      `the PowerShell host was not built: ${built.startError ?? ''}${built.stdout.toString()}${built.stderr.toString()}`,
    )
  try {
    await rename(join(work, 'out'), folder)
  } catch (error) {
    // Another test file was faster.
    if (!(await exists(program))) throw error
  }
  await rm(work, { recursive: true, force: true })
  return program
}

function fingerprint(): string {
  const files = [here, cmdlets].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\.(?:cs|csproj)$/.test(name))
      .sort()
      .map((name) => join(folder, name)),
  )
  return sha256(files.map((file) => readFileSync(file, 'utf8')).join('\0')).slice(0, 16)
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

export interface ScriptElement {
  readonly kind: 'parameter' | 'splat' | 'value'
  readonly name: string
  /** `-Name:value`. */
  readonly inline: boolean
  /** The text of a constant, null for anything that is computed. */
  readonly value: string | null
}

export interface ScriptCommand {
  readonly line: number
  /** null when the name is computed (`& $program`). */
  readonly name: string | null
  readonly text: string
  readonly piped: boolean
  readonly elements: readonly ScriptElement[]
}

interface Noted {
  readonly line: number
  readonly name: string
}

/** What the engine's own parser says about one script. */
export interface ScriptFacts {
  readonly file: string
  readonly errors: readonly { readonly line: number; readonly message: string }[]
  readonly functions: readonly string[]
  readonly parameters: readonly { readonly function: string; readonly names: readonly string[] }[]
  readonly commands: readonly ScriptCommand[]
  /** Parameters that the script looks for before it gives them. */
  readonly asked: readonly string[]
  /** Programs that texts name. */
  readonly programs: readonly Noted[]
  /** Constructs that Windows PowerShell 5.1 lacks or reads differently. */
  readonly newer: readonly { readonly line: number; readonly message: string }[]
  /** Hashtables by variable: their keys and constant values. */
  readonly tables: Readonly<
    Record<string, readonly { readonly name: string | null; readonly value: string | null }[]>
  >
}

/** Parses scripts with the real engine. */
export async function parseScripts(files: readonly string[]): Promise<readonly ScriptFacts[]> {
  return lines<ScriptFacts>(['--parse', ...files])
}

/** Types and members of one script held against Windows PowerShell 5.1 on the .NET Framework 4.6.2. */
export interface TypeFacts {
  readonly file: string
  /** How many names of types and how many members of known types were looked up. */
  readonly types: number
  readonly members: number
  /** Members of values whose type the text does not say. */
  readonly unknown: number
  /** Assemblies that the script must load before it names a type of theirs. */
  readonly assemblies: readonly string[]
  readonly problems: readonly { readonly line: number; readonly message: string }[]
}

/**
 * Holds the types and members of scripts against the metadata of Windows PowerShell 5.1.
 * @param accelerators a JSON file whose member `accelerators` has the short names of types by full name
 */
export async function checkTypes(
  accelerators: string,
  files: readonly string[],
): Promise<readonly TypeFacts[]> {
  return lines<TypeFacts>(['--types', accelerators, ...files])
}

async function lines<T>(programArguments: readonly string[]): Promise<readonly T[]> {
  const ran = await runProgram(await powerShellHost(), programArguments, { maximumBytes: 64 * 1024 * 1024 })
  if (ran.exitCode !== 0) throw new Error(`${programArguments[0]} failed: ${ran.stderr.toString()}`)
  return ran.stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}
