/** `publish --to`: a bundle goes into the place of its partner, and so does the index over all that was published to him there. */
import { openObjectStore, StoreError, type ObjectStore } from '../kit/stores/object-store.ts'
import { AppError } from '../model/errors.ts'
import { INDEX_FILES, PartnerIndexSchema, type PartnerIndex } from '../model/partner-index.ts'
import type { PartnerReport } from '../model/partner-report.ts'
import { renderIndex, withReport } from '../publish/partner-index.ts'

/** What a bundle is made of, as it is sent. */
export interface SentBundle {
  readonly report: PartnerReport
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly zip: Uint8Array
}

/**
 * The place, if it is this partner's or nobody's, and the index with the bundle in it. Nothing is written.
 * @throws AppError TRANSPORT_FAILED (host), TRANSPORT_FOREIGN (user)
 */
export async function openPlace(
  address: string,
  { report, zip }: Pick<SentBundle, 'report' | 'zip'>,
): Promise<{ readonly store: ObjectStore; readonly index: PartnerIndex }> {
  try {
    const store = await openObjectStore(address)
    const earlier = await earlierIndex(store)
    if (earlier !== undefined && earlier.audience.name !== report.audience.name)
      throw new AppError(
        'TRANSPORT_FOREIGN',
        'user',
        `${store.name} holds the reports for ${earlier.audience.name}, and this one is for ${report.audience.name}`,
        { hint: 'give each partner a place of his own' },
      )
    return { store, index: withReport(earlier, report, zip) }
  } catch (error) {
    throw transportFailed(error)
  }
}

/** Writes all files; the index comes last, so that it names nothing that is not there. @throws AppError TRANSPORT_FAILED (host) */
export async function sendBundle(
  store: ObjectStore,
  index: PartnerIndex,
  { report, files, zip }: SentBundle,
): Promise<void> {
  try {
    for (const [path, bytes] of files) await store.put(`${report.id}/${path}`, bytes)
    await store.put(`${report.id}.zip`, zip)
    for (const [path, text] of renderIndex(index)) await store.put(path, Buffer.from(text))
  } catch (error) {
    throw transportFailed(error)
  }
}

async function earlierIndex(store: ObjectStore): Promise<PartnerIndex | undefined> {
  const bytes = await store.get(INDEX_FILES.data)
  if (bytes === undefined) return undefined
  try {
    return PartnerIndexSchema.parse(JSON.parse(bytes.toString('utf8')))
  } catch {
    throw new StoreError(`${INDEX_FILES.data} in ${store.name} is no index of reports`)
  }
}

function transportFailed(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (!(error instanceof StoreError)) throw error
  return new AppError('TRANSPORT_FAILED', 'host', `the report was not sent whole: ${error.message}`, {
    hint: 'check address and credentials (docs/partners.md), then publish again: the same report takes its own place',
    cause: error,
  })
}
