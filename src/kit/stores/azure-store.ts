/** Objects in a container of Azure Blob Storage, by Microsoft's client. */
import { mediaTypeOf, refusedBy, StoreError, type ObjectStore } from './object-store.ts'

/** The variable that Azure's own tools read. */
const CONNECTION = 'AZURE_STORAGE_CONNECTION_STRING'

/** @throws StoreError without a connection string, or with a text that is none */
export async function openAzureStore({
  bucket,
  prefix,
}: {
  readonly bucket: string
  readonly prefix: string
}): Promise<ObjectStore> {
  const connection = process.env[CONNECTION]
  if (connection === undefined || connection === '')
    throw new StoreError(`az://${bucket} needs ${CONNECTION}, and it is not set`)
  const { ContainerClient } = await import('@azure/storage-blob')
  const name = `az://${bucket}/${prefix}`
  const container = ((): InstanceType<typeof ContainerClient> => {
    try {
      return new ContainerClient(connection, bucket)
    } catch {
      // The client's message may repeat what it was given.
      throw new StoreError(`${CONNECTION} is no connection string`)
    }
  })()
  return {
    name,
    async put(path, bytes) {
      const blob = container.getBlockBlobClient(prefix + path)
      const headers = { blobHTTPHeaders: { blobContentType: mediaTypeOf(path) } }
      await blob.uploadData(bytes, headers).catch((error: unknown) => {
        throw refusedBy(name, error)
      })
    },
    async get(path) {
      try {
        return await container.getBlobClient(prefix + path).downloadToBuffer()
      } catch (error) {
        // It asks for the properties first, and an answer without a body has no code. A container that is not there is told by put.
        if ((error as { readonly statusCode?: number }).statusCode === 404) return undefined
        throw refusedBy(name, error)
      }
    },
  }
}
