/** Microsoft's own debugger engine, under Wine: what it says of crash dumps. Restored from NuGet by who asks, never shipped. */
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../../src/kit/hash.ts'
import { runProgram } from '../../src/kit/process.ts'

const HERE = import.meta.dirname
const BENCH = join(homedir(), '.cache', 'ringzero-windows-bench')

export interface EngineModule {
  /** As the dump names it: `\\SystemRoot\\System32\\drivers\\tm.sys`. */
  readonly name: string
  readonly base: string
  readonly size: number
  readonly timeDateStamp: number
}

/** What the engine says of a dump that it opened. */
export interface EngineAnswer {
  readonly file: string
  readonly code: number
  readonly parameters: readonly string[]
  /** DEBUG_KERNEL_SMALL_DUMP and so on (dbgeng.h). */
  readonly qualifier: number
  /** IMAGE_FILE_MACHINE_… */
  readonly machine: number
  readonly processors: number
  readonly build: number
  /** Seconds since 1970. */
  readonly crashedAt: number | null
  /** Whole seconds. */
  readonly uptime: number | null
  readonly loaded: readonly EngineModule[]
  readonly unloaded: readonly string[]
  /** The modules that the four parameters point into, as `amdppm+0x334c`. */
  readonly names: readonly (string | null)[]
  /** What it printed for the commands. */
  readonly printed: string
}

export interface Refusal {
  readonly file: string
  readonly refused: string
}

/** Why the engine cannot be asked here; undefined when it can. */
export async function noEngineBecause(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64' || process.getuid?.() !== 0)
    return 'it needs root on Linux on x86-64'
  if (wineTree() === undefined) return `there is no Wine below ${BENCH}: run npm run windows-bench once`
  if ((await runProgram('dotnet', ['--version'])).exitCode !== 0) return 'dotnet is missing'
  const entered = await runProgram('unshare', ['--mount', '--pid', '--fork', 'true'])
  return entered.exitCode === 0 ? undefined : 'namespaces are not allowed here'
}

function wineTree(): string | undefined {
  return globSync('tree-*', { cwd: BENCH })
    .map((name) => join(BENCH, name))
    .at(-1)
}

/**
 * Asks the engine about each of these dumps, in one start of Wine.
 * @param commands the debugger's own, with `;` between them; what they print is in the answer
 * @throws Error when it cannot be built or run
 */
export async function askEngine(
  dumps: ReadonlyMap<string, Buffer>,
  commands = '',
): Promise<ReadonlyMap<string, EngineAnswer | Refusal>> {
  const program = await published()
  const work = await mkdtemp(join(tmpdir(), 'rz-engine-'))
  try {
    const names = [...dumps.keys()].map((_, index) => `${index}.dmp`)
    await Promise.all([...dumps.values()].map((bytes, index) => writeFile(join(work, `${index}.dmp`), bytes)))
    const script = ['sh', join(HERE, 'run-in-wine.sh'), wineTree() ?? '', program, work, commands, ...names]
    const ran = await runProgram('unshare', ['--mount', '--pid', '--fork', '--kill-child', ...script], {
      timeoutMs: 240_000,
    })
    const text = await readFile(join(work, 'answers.jsonl'), 'utf8').catch(() => '')
    const answers = text
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as EngineAnswer | Refusal)
    if (answers.length !== names.length)
      throw new Error(
        `the engine answered for ${answers.length} of ${names.length} dumps: ${ran.stderr.toString()}${await readFile(join(work, 'output.txt'), 'utf8').catch(() => '')}`,
      )
    return new Map([...dumps.keys()].map((name, index) => [name, answers[index] as EngineAnswer | Refusal]))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Folder of the program, built once a state of its sources. */
async function published(): Promise<string> {
  const sources = readdirSync(HERE)
    .filter((name) => /\.(?:cs|csproj)$/.test(name))
    .sort()
  const key = sha256(sources.map((name) => readFileSync(join(HERE, name), 'utf8')).join('\0')).slice(0, 16)
  const folder = join(homedir(), '.cache', 'ringzero-tests', `debugger-engine-${key}`)
  if (await exists(folder)) return folder
  const work = `${folder}.${process.pid}`
  await mkdir(work, { recursive: true })
  const words = ['publish', join(HERE, 'debugger-engine.csproj'), '-c', 'Release', '-v', 'quiet', '--nologo']
  const where = ['-o', join(work, 'out'), '--artifacts-path', join(work, 'artifacts')]
  const built = await runProgram('dotnet', [...words, ...where], { timeoutMs: 280_000 })
  if (built.exitCode !== 0) throw new Error(`the engine was not built: ${built.stdout.toString()}`)
  try {
    await rename(join(work, 'out'), folder)
  } catch (error) {
    // Another test file was faster.
    if (!(await exists(folder))) throw error
  }
  await rm(work, { recursive: true, force: true })
  return folder
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
