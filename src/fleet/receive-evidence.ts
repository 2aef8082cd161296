/** Writes a file of evidence that a worker delivered into the run folder, when it is what its record says. */
import { createHash } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sha256 } from '../kit/hash.ts'
import type { EvidenceRecord } from '../model/report.ts'
import { attemptFolder } from '../record/run-folder.ts'
import type { SecretMasker } from '../record/secret-masker.ts'

/** Text is masked here, too, and held in memory for that; none that a worker keeps is larger (evidence-store.ts). */
const LARGEST_TEXT = 16 * 1024 * 1024

/**
 * @param pieces its content, in order
 * @returns the record of what was written, which is another where a secret was masked; or what is wrong with it
 */
export async function receiveEvidence(
  runFolder: string,
  record: EvidenceRecord,
  pieces: AsyncIterable<Uint8Array>,
  masker: SecretMasker,
): Promise<EvidenceRecord | { readonly wrong: string }> {
  const target = join(runFolder, record.path)
  await mkdir(dirname(target), { recursive: true })
  const partial = `${target}.partial`
  const isText = /^text\/|[/+](?:json|xml)$/.test(record.mediaType)
  const hash = createHash('sha256')
  const text: Uint8Array[] = []
  let bytes = 0
  const handle = await open(partial, 'w', 0o644)
  try {
    for await (const piece of pieces) {
      bytes += piece.byteLength
      if (bytes > record.bytes || (isText && bytes > LARGEST_TEXT)) break
      hash.update(piece)
      if (isText) text.push(piece)
      await handle.write(piece)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  if (bytes !== record.bytes || hash.digest('hex') !== record.id) {
    await rm(partial, { force: true })
    return { wrong: `the file ${record.name} is not what its record says` }
  }
  const whole = Buffer.concat(text)
  const masked = isText ? masker.bytes(whole) : whole
  if (!isText || Buffer.compare(masked, whole) === 0) {
    await rename(partial, target)
    return record
  }
  const id = sha256(masked)
  const path = `${attemptFolder(record)}/${id.slice(0, 12)}-${record.name}`
  const rewritten = await open(partial, 'w', 0o644)
  try {
    await rewritten.writeFile(masked)
    await rewritten.sync()
  } finally {
    await rewritten.close()
  }
  await rename(partial, join(runFolder, path))
  return { ...record, id, path, bytes: masked.byteLength }
}
