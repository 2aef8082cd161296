/** Receipts of drills: kept in the lab's store, signed where there is a key, and copied into each run that follows. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatInstant } from '../kit/clock.ts'
import { writeFileAtomic } from '../kit/files.ts'
import { sha256 } from '../kit/hash.ts'
import type { ByteSigner } from '../kit/signing.ts'
import { KeptReceiptSchema, type DrillReceipt, type KeptReceipt } from '../model/drill.ts'
import { AppError } from '../model/errors.ts'
import { signStatement } from '../publish/dsse.ts'
import { writeRunDrills } from '../record/run-drills.ts'

export const DRILL_PREDICATE = 'urn:ringzero:predicate:drill:1'
/** The newest that are looked at. */
const KEPT = 100

/**
 * Writes `receipt.json` into the folder of the drill (`receipt.sigstore.json` beside it where it is signed), and into the store.
 * @throws AppError SIGNING_FAILED (host)
 */
export async function storeReceipt(
  receipt: DrillReceipt,
  to: { readonly folder: string; readonly store: string; readonly signer: ByteSigner | undefined },
): Promise<void> {
  const text = `${JSON.stringify(receipt, undefined, 2)}\n`
  await writeFileAtomic(join(to.folder, 'receipt.json'), text)
  const bundle = to.signer === undefined ? undefined : await sign(text, receipt, to.signer)
  if (bundle !== undefined) await writeFileAtomic(join(to.folder, 'receipt.sigstore.json'), bundle)
  const kept: KeptReceipt = {
    receipt,
    ...(bundle === undefined || to.signer === undefined
      ? {}
      : { signature: { keyId: to.signer.keyId, bundle } }),
  }
  const name = `${formatInstant(receipt.startedAt).replace(/[-:]|\.\d+/g, '')}-${sha256(text).slice(0, 8)}.json`
  await writeFileAtomic(join(to.store, 'drills', name), `${JSON.stringify(kept)}\n`)
}

async function sign(text: string, receipt: DrillReceipt, signer: ByteSigner): Promise<string> {
  try {
    return await signStatement(
      {
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: 'receipt.json', digest: { sha256: sha256(text) } }],
        predicateType: DRILL_PREDICATE,
        predicate: { ...receipt },
      },
      signer,
    )
  } catch (error) {
    throw new AppError(
      'SIGNING_FAILED',
      'host',
      `the receipt could not be signed: ${(error as Error).message}`,
      {
        hint: 'check the program of --signer: bytes on its standard input, a signature on its standard output',
        cause: error,
      },
    )
  }
}

/** Copies the newest receipts of the store into a run, so that it can be judged without the store. */
export async function keepDrills(store: string, runFolder: string): Promise<void> {
  const folder = join(store, 'drills')
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).toSorted()
  const receipts: KeptReceipt[] = []
  for (const name of names.slice(-KEPT)) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '')
    const kept = KeptReceiptSchema.safeParse(safeJson(text))
    // One of another version, or damaged, proves nothing.
    if (kept.success) receipts.push(kept.data)
  }
  if (receipts.length > 0) await writeRunDrills(runFolder, receipts)
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
