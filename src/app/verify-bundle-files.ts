/** `ringzero verify`: a folder or zip that somebody sent → whether it can be trusted. Works offline. */
import { access, lstat, readdir, readFile } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { loadPublicKey } from '../inputs/load-signer.ts'
import { formatInstant, systemClock } from '../kit/clock.ts'
import { AppError } from '../model/errors.ts'
import { unzipBundle, type BundleFiles } from '../publish/bundle-zip.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import { verifyRun } from './verify-run.ts'
import { verifyBundle, type VerifiedBundle } from '../publish/verify-bundle.ts'

/** What claims to be larger is no bundle. */
const LARGEST_BUNDLE = 1024 * 1024 * 1024

/** A report, or the folder of a run. @throws AppError BUNDLE_UNREADABLE, SIGNING_KEY (user), JOURNAL_DAMAGED */
export async function verifyBundleFiles(bundle: string, key: string): Promise<VerifiedBundle> {
  const publicKey = await loadPublicKey(key)
  if (await isRun(bundle)) return { problems: await verifyRun(resolve(bundle), publicKey) }
  const today = formatInstant(systemClock.now()).slice(0, 10)
  return await verifyBundle(await readBundle(bundle), publicKey, today)
}

async function isRun(folder: string): Promise<boolean> {
  return await access(runFolderPaths(resolve(folder)).journal).then(
    () => true,
    () => false,
  )
}

/** The files of a bundle, by path with `/`. @throws AppError BUNDLE_UNREADABLE (user) */
async function readBundle(bundle: string): Promise<BundleFiles> {
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
    return files
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
