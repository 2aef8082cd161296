/** Debian packages as files: looked up in apt's lists, downloaded as a user may, unpacked without being installed. */
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram, type Finished } from './process.ts'
import { oneLine } from './text.ts'

/** The host's package manager cannot give what an image is made of. */
export class PackagesMissing extends Error {
  readonly hint =
    'run "apt-get update" as root and try again; images are built from Debian or Ubuntu packages'

  constructor(message: string) {
    super(message)
    this.name = 'PackagesMissing'
  }
}

/** One downloadable package, as `apt-get download --print-uris` names it. */
export interface DebianPackage {
  readonly name: string
  /** `busybox-static_1%3a1.35.0-4_amd64.deb`: name, version and architecture. */
  readonly file: string
  readonly bytes: number
}

const APT_ENVIRONMENT = { LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' }
const NAME = /^[a-z0-9][a-z0-9+.-]+$/

/** Names in `Depends` and `Pre-Depends` of all these packages, first alternative only; a package that apt does not know has none. */
export async function packageDependencies(
  names: readonly string[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const shown = await apt('apt-cache', ['show', '--no-all-versions', ...names], signal)
  return shown.stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => /^(?:Pre-)?Depends: /.test(line))
    .flatMap((line) => line.slice(line.indexOf(':') + 1).split(','))
    .map((entry) => /^\s*([a-z0-9][a-z0-9+.-]+)/.exec(entry)?.[1] ?? '')
    .filter((dependency) => dependency !== '')
}

/** True when apt's lists know the package. */
export async function packageKnown(name: string, signal?: AbortSignal): Promise<boolean> {
  const shown = await apt('apt-cache', ['show', '--no-all-versions', name], signal)
  return shown.exitCode === 0 && shown.stdout.length > 0
}

/** The packages and everything they need whose name `follow` accepts, each once. */
export async function dependencyClosure(
  roots: readonly string[],
  follow: RegExp,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const found = new Set(roots)
  let fresh = roots
  while (fresh.length > 0) {
    const needed = new Set(await packageDependencies(fresh, signal))
    fresh = [...needed].filter((name) => follow.test(name) && !found.has(name))
    for (const name of fresh) found.add(name)
  }
  return [...found]
}

/**
 * Names the exact files that apt would download now.
 * @throws PackagesMissing when apt does not know one of them
 */
export async function resolvePackages(
  names: readonly string[],
  signal?: AbortSignal,
): Promise<readonly DebianPackage[]> {
  const wrong = names.find((name) => !NAME.test(name))
  if (wrong !== undefined) throw new PackagesMissing(`"${wrong}" is not a package name`)
  const printed = await apt('apt-get', ['download', '--print-uris', ...names], signal, '/')
  const packages = printed.stdout
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      const match = /^'[^']+' (\S+_\S+\.deb) (\d+)/.exec(line)
      const [, file, bytes] = match ?? []
      return file === undefined ? [] : [{ name: file.split('_')[0] ?? '', file, bytes: Number(bytes) }]
    })
  if (printed.exitCode !== 0 || packages.length < names.length)
    throw new PackagesMissing(
      `apt cannot find ${names.filter((name) => !packages.some((entry) => entry.name === name)).join(', ')}: ${oneLine(printed.stderr.toString('utf8'))}`,
    )
  return packages.toSorted((a, b) => (a.file < b.file ? -1 : 1))
}

/**
 * Downloads what is not yet in `folder`; apt checks every file against its signed lists.
 * @throws PackagesMissing when a download fails
 */
export async function downloadPackages(
  packages: readonly DebianPackage[],
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const missing: DebianPackage[] = []
  for (const entry of packages) {
    const size = await stat(join(folder, entry.file)).then(
      (found) => found.size,
      () => -1,
    )
    if (size !== entry.bytes) missing.push(entry)
  }
  if (missing.length === 0) return
  const incoming = join(folder, `incoming-${process.pid}`)
  await mkdir(incoming, { recursive: true })
  try {
    const done = await apt('apt-get', ['download', '-q', ...missing.map(nameWithVersion)], signal, incoming)
    if (done.exitCode !== 0)
      throw new PackagesMissing(`apt-get download failed: ${oneLine(done.stderr.toString('utf8'))}`)
    for (const entry of missing) await rename(join(incoming, entry.file), join(folder, entry.file))
  } finally {
    await rm(incoming, { recursive: true, force: true })
  }
}

/** Unpacks packages over each other into `folder`. @throws PackagesMissing */
export async function unpackPackages(
  packages: readonly DebianPackage[],
  source: string,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const entry of packages) {
    const done = await apt('dpkg', ['-x', join(source, entry.file), folder], signal)
    if (done.exitCode !== 0)
      throw new PackagesMissing(`dpkg -x ${entry.file} failed: ${oneLine(done.stderr.toString('utf8'))}`)
  }
}

function nameWithVersion(entry: DebianPackage): string {
  const version = decodeURIComponent(entry.file.split('_')[1] ?? '')
  return `${entry.name}=${version}`
}

async function apt(
  program: string,
  programArguments: readonly string[],
  signal?: AbortSignal,
  cwd?: string,
): Promise<Finished> {
  const finished = await runProgram(program, programArguments, {
    environment: APT_ENVIRONMENT,
    ...(signal === undefined ? {} : { signal }),
    ...(cwd === undefined ? {} : { cwd }),
  })
  if (finished.startError !== undefined)
    throw new PackagesMissing(`${program} cannot be started (${finished.startError})`)
  return finished
}
