/** `ringzero verify`: a folder or zip that somebody sent → whether it can be trusted. Works offline. */
import { access, lstat, readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve, sep } from 'node:path'
import type { KeyObject } from 'node:crypto'
import { loadPublicKey } from '../inputs/load-signer.ts'
import { formatInstant, systemClock } from '../kit/clock.ts'
import { keyIdOf } from '../kit/signing.ts'
import { AppError } from '../model/errors.ts'
import { unzipBundle, type BundleFiles, type UnpackedBundle } from '../publish/bundle-zip.ts'
import { reproducedCell } from '../publish/countersignature.ts'
import { openStatement } from '../publish/dsse.ts'
import { readRunState } from '../record/read-run-state.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import type { EarlierRun } from './pre-register.ts'
import { verifyMerge } from './verify-merge.ts'
import { repeatedRuns, verifyRun } from './verify-run.ts'
import { verifyBundle, type BundleProblem, type VerifiedBundle } from '../publish/verify-bundle.ts'

/** What claims to be larger is no bundle. */
const LARGEST_BUNDLE = 1024 * 1024 * 1024

/** A report, or the folder of a run. @throws AppError BUNDLE_UNREADABLE, SIGNING_KEY (user), JOURNAL_DAMAGED */
export async function verifyBundleFiles(
  bundle: string,
  key: string,
  countersigned: Countersigned = { statements: [], key: undefined },
): Promise<VerifiedFiles> {
  const publicKey = await loadPublicKey(key)
  if (await isRun(bundle)) return { ...(await verifyWholeRun(resolve(bundle), publicKey)), reproduced: [] }
  const today = formatInstant(systemClock.now()).slice(0, 10)
  const { files, isAsPacked } = await readBundle(bundle)
  const found = await verifyBundle(files, publicKey, today)
  const verified = { ...found, problems: [...found.problems, ...packingProblems(bundle, found, isAsPacked)] }
  const { problems, reproduced } = await countersignatures(files, verified, publicKey, countersigned)
  return { ...verified, problems: [...verified.problems, ...problems], reproduced }
}

async function verifyWholeRun(
  runFolder: string,
  publicKey: KeyObject,
): Promise<Pick<VerifiedFiles, 'problems' | 'repeats'>> {
  const { shards } = await readRunState(runFolder, { details: false })
  if (shards.length > 0) return await verifyMerge(runFolder, shards, publicKey)
  return {
    problems: await verifyRun(runFolder, publicKey),
    repeats: await repeatedRuns([runFolder], publicKey),
  }
}

/** Of a zip whose files are right and which is not: a changed file makes another zip anyhow. */
export function packingProblems(
  bundle: string,
  { problems }: VerifiedBundle,
  isAsPacked: boolean,
): BundleProblem[] {
  if (isAsPacked || problems.length > 0) return []
  const what = 'is not packed as it was published: a program may unpack other files from it than these'
  return [{ file: basename(bundle), what }]
}

export interface VerifiedFiles extends VerifiedBundle {
  /** Ids of machines that a second lab made again, and that showed the same there. */
  readonly reproduced: readonly string[]
  /** Only of a run: those of the same plan that its lab began before it, which it does not hold. */
  readonly repeats?: readonly EarlierRun[]
}

/** Statements of a second lab, and the key that it signs with. */
export interface Countersigned {
  /** Paths of what `reproduce --countersign` wrote. */
  readonly statements: readonly string[]
  readonly key: string | undefined
}

/** Which machines of a report another lab has reproduced, and which of its statements say nothing for it. */
async function countersignatures(
  files: BundleFiles,
  { problems: known, report }: VerifiedBundle,
  publisher: KeyObject,
  { statements, key }: Countersigned,
): Promise<{ readonly problems: readonly BundleProblem[]; readonly reproduced: readonly string[] }> {
  if (key === undefined || report === undefined) return { problems: [], reproduced: [] }
  const publicKey = await loadPublicKey(key)
  const problems: BundleProblem[] = []
  const reproduced = new Set<string>()
  for (const path of statements) {
    const text = (await readBytes(path)).toString('utf8')
    try {
      if (keyIdOf(publicKey) === keyIdOf(publisher))
        throw new Error('is signed by the publisher himself, who cannot be the second lab')
      const statement = await openStatement(text, publicKey).catch((error: Error) => {
        throw new Error(`cannot be trusted: ${error.message}`, { cause: error })
      })
      reproduced.add(reproducedCell(statement, files, report))
    } catch (error) {
      problems.push({ file: path, what: (error as Error).message })
    }
  }
  // What is not what was signed was not reproduced either.
  return { problems, reproduced: known.length > 0 ? [] : [...reproduced].sort() }
}

async function readBytes(path: string): Promise<Buffer> {
  return await readFile(resolve(path)).catch((error: unknown) => {
    throw new AppError(
      'BUNDLE_UNREADABLE',
      'user',
      `this statement cannot be read: ${(error as Error).message}`,
      {
        where: { file: path },
        hint: 'give the file that `ringzero reproduce --countersign` wrote',
        cause: error,
      },
    )
  })
}

async function isRun(folder: string): Promise<boolean> {
  return await access(runFolderPaths(resolve(folder)).journal).then(
    () => true,
    () => false,
  )
}

/** The files of a bundle, by path with `/`. @throws AppError BUNDLE_UNREADABLE (user) */
export async function readBundle(bundle: string): Promise<UnpackedBundle> {
  const path = resolve(bundle)
  try {
    const found = await lstat(path)
    if (found.isFile()) return unzipBundle(await readFile(path))
    const names = await readdir(path, { recursive: true })
    const files = new Map<string, Uint8Array>()
    let size = 0
    for (const name of names.sort()) {
      const file = join(path, name)
      const entry = await lstat(file)
      if (entry.isDirectory()) continue
      size += entry.size
      if (!entry.isFile() || size > LARGEST_BUNDLE) throw new Error(`${name} is no file of a bundle`)
      files.set(name.split(sep).join('/'), await readFile(file))
    }
    return { files, isAsPacked: true }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError(
      'BUNDLE_UNREADABLE',
      'user',
      `this bundle cannot be read: ${(error as Error).message}`,
      {
        where: { file: path },
        hint: 'give the folder or the zip that `ringzero publish` wrote',
        cause: error,
      },
    )
  }
}
