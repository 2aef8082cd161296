/** A place for files by name: a folder, an S3-compatible bucket, a container of Azure Blob Storage. */
import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { writeFileAtomic } from '../files.ts'

export interface ObjectStore {
  /** Without secrets, for people. */
  readonly name: string
  /** Replaces the object. @throws StoreError */
  put(path: string, bytes: Uint8Array): Promise<void>
  /** Undefined where there is no such object. @throws StoreError */
  get(path: string): Promise<Buffer | undefined>
}

/** What a store refused. Its text holds nothing of a client's own message, which may have addresses with signatures in them. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

/** Where objects go: kind, bucket or container, and what stands before each of their names. */
interface Place {
  readonly bucket: string
  readonly prefix: string
}

/**
 * `s3://bucket/prefix`, `az://container/prefix`, or a folder. Credentials are those that the client finds by itself: the AWS chain of
 * environment, profile and role; for Azure AZURE_STORAGE_CONNECTION_STRING. Clients are loaded where they are needed.
 * @throws StoreError for an address that names no bucket, or where there are no credentials
 */
export async function openObjectStore(address: string): Promise<ObjectStore> {
  const [, scheme, rest = ''] = /^(s3|az):\/\/(.*)$/.exec(address) ?? []
  if (scheme === undefined) return folderStore(address)
  const place = placeOf(address, rest)
  if (scheme === 's3') return (await import('./s3-store.ts')).openS3Store(place)
  return (await import('./azure-store.ts')).openAzureStore(place)
}

function placeOf(address: string, rest: string): Place {
  const [bucket = '', ...folders] = rest.split('/').filter((part) => part !== '')
  if (bucket === '')
    throw new StoreError(`${address} names no bucket; write s3://bucket/folder or az://container/folder`)
  return { bucket, prefix: folders.map((folder) => `${folder}/`).join('') }
}

function folderStore(folder: string): ObjectStore {
  const root = resolve(folder)
  const failed = (what: string, error: unknown): never => {
    throw new StoreError(
      `${root} could not be ${what}: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`,
    )
  }
  return {
    name: root,
    async put(path, bytes) {
      await mkdir(root, { recursive: true })
        .then(() => writeFileAtomic(join(root, path), bytes))
        .catch((error: unknown) => failed('written', error))
    },
    async get(path) {
      return await readFile(join(root, path)).catch((error: unknown) =>
        (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : failed('read', error),
      )
    },
  }
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  xml: 'application/xml',
  atom: 'application/atom+xml',
  md: 'text/markdown; charset=utf-8',
  pdf: 'application/pdf',
  zip: 'application/zip',
  png: 'image/png',
}

/** So that a browser shows a page as one. */
export function mediaTypeOf(path: string): string {
  return MEDIA_TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'text/plain; charset=utf-8'
}

/** A client's error without anything secret. */
export function refusedBy(store: string, error: unknown): StoreError {
  const {
    name = 'Error',
    code,
    statusCode,
    $metadata,
  } = error as {
    readonly name?: string
    readonly code?: unknown
    readonly statusCode?: number
    readonly $metadata?: { readonly httpStatusCode?: number }
  }
  const status = statusCode ?? $metadata?.httpStatusCode
  const words = [
    name,
    typeof code === 'string' && code !== name ? code : '',
    status === undefined ? '' : `HTTP ${status}`,
  ]
  return new StoreError(`${store} refused: ${words.filter((word) => word !== '').join(', ')}`)
}
