/** The candidate's files on their way to the workers: in pieces, by their hash; whoever takes them hashes them again. */
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sha256File } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import type { RunDocument } from '../model/fleet.ts'
import type { Database } from './database.ts'

export const CANDIDATE_FILE = 'candidate.yaml'
const PIECE = 1024 * 1024

/** Brings all files of a candidate's folder into the database, those that are there already left out. */
export async function sendCandidate(
  database: Database,
  run: string,
  folder: string,
  { candidate, candidateYamlSha256 }: Pick<RunDocument, 'candidate' | 'candidateYamlSha256'>,
): Promise<void> {
  const files = [{ path: CANDIDATE_FILE, sha256: candidateYamlSha256 }, ...candidate.files]
  for (const file of files) {
    const known = await database.query(
      'select from ringzero.candidate_file where run = $1 and sha256 = $2 and part = -1',
      [run, file.sha256],
    )
    if (known.length > 0) continue
    let part = 0
    for await (const bytes of createReadStream(join(folder, file.path), { highWaterMark: PIECE })) {
      await put(database, run, file.sha256, part, bytes as Buffer)
      part += 1
    }
    // Last: says that all pieces are there.
    await put(database, run, file.sha256, -1, Buffer.alloc(0))
  }
}

async function put(database: Database, run: string, sha: string, part: number, bytes: Buffer): Promise<void> {
  await database.query(
    'insert into ringzero.candidate_file (run, sha256, part, bytes) values ($1, $2, $3, $4) on conflict do nothing',
    [run, sha, part, bytes],
  )
}

/**
 * Writes a candidate's folder from what the database holds.
 * @throws AppError HOST_CANDIDATE (host) when a file is not there or is another one
 */
export async function receiveCandidate(
  database: Database,
  run: string,
  folder: string,
  { candidate, candidateYamlSha256 }: Pick<RunDocument, 'candidate' | 'candidateYamlSha256'>,
): Promise<void> {
  for (const file of [{ path: CANDIDATE_FILE, sha256: candidateYamlSha256 }, ...candidate.files]) {
    const target = join(folder, file.path)
    if ((await sha256File(target).catch(() => '')) === file.sha256) continue
    await mkdir(dirname(target), { recursive: true })
    const partial = `${target}.partial`
    const handle = await open(partial, 'w', 0o644)
    try {
      for (let part = 0; ; part += 1) {
        const [row] = await database.query(
          'select bytes from ringzero.candidate_file where run = $1 and sha256 = $2 and part = $3',
          [run, file.sha256, part],
        )
        if (row === undefined) break
        await handle.write(row['bytes'] as Uint8Array)
      }
    } finally {
      await handle.close()
    }
    if ((await sha256File(partial)) !== file.sha256) {
      await rm(partial, { force: true })
      throw new AppError('HOST_CANDIDATE', 'host', `${file.path} of the candidate did not come whole`, {
        hint: 'see that the coordinator has the candidate’s folder, then resume the run',
      })
    }
    await rename(partial, target)
  }
}
