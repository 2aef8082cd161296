/** Brings the files of a shard into the merged folder: its evidence to the cells, and its own records whole. */
import { copyFile, cp, link, lstat, mkdir, readdir, realpath } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { sha256File } from '../kit/hash.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import type { EvidenceRecord } from '../model/report.ts'
import { attemptFolder } from '../record/run-folder.ts'
import type { ShardRun } from './read-shard-run.ts'

/**
 * Copies the files at the top of the shard's folder (plan, inputs, journal) and what was signed byte for byte to `shards/<place>/`, so
 * that what was signed or chained on the runner can still be verified.
 */
export async function keepShardFiles({ folder }: ShardRun, merged: string, place: number): Promise<void> {
  const target = join(runFolderPaths(merged).shards, String(place))
  await mkdir(target, { recursive: true })
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isFile() && entry.name !== relative(folder, runFolderPaths(folder).lock))
      await copyFile(join(folder, entry.name), join(target, entry.name))
  const { preRegistration, journalHead } = runFolderPaths(folder)
  for (const signed of [preRegistration, journalHead])
    if (await isFile(signed)) await cp(signed, join(target, relative(folder, signed)))
}

async function isFile(path: string): Promise<boolean> {
  return await lstat(path).then(
    (entry) => entry.isFile(),
    () => false,
  )
}

/**
 * Brings one file of evidence over, when it is there and is what its record says.
 * @returns why it was left out; undefined when it was brought
 */
export async function keepEvidence(
  { folder }: ShardRun,
  merged: string,
  record: EvidenceRecord,
): Promise<string | undefined> {
  const inside = `${attemptFolder(record)}/`
  const name = record.path.slice(inside.length)
  if (!record.path.startsWith(inside) || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(name))
    return 'its path is none of a run folder'
  const source = join(folder, record.path)
  const target = join(merged, record.path)
  try {
    // No link of any kind may lead out of the shard's folder.
    const real = await realpath(source)
    if (real !== join(await realpath(folder), record.path) || !(await lstat(source)).isFile())
      return 'it is no file of the shard’s folder'
    await mkdir(dirname(target), { recursive: true })
    await link(source, target).catch(() => copyFile(source, target))
    return (await sha256File(target)) === record.id
      ? undefined
      : 'it has another sha256 than the journal says'
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? 'it is not there' : message
  }
}
