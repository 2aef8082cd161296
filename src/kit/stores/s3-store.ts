/** Objects in a bucket, by the client of the AWS SDK; other stores speak the same protocol. */
import { mediaTypeOf, refusedBy, type ObjectStore } from './object-store.ts'

/** Region, address and credentials: what the client finds in environment, profile or role. @throws StoreError */
export async function openS3Store({
  bucket,
  prefix,
}: {
  readonly bucket: string
  readonly prefix: string
}): Promise<ObjectStore> {
  const { S3Client, GetObjectCommand, PutObjectCommand } = await import('@aws-sdk/client-s3')
  const hasOwnAddress = ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'].some(
    (name) => process.env[name] !== undefined,
  )
  const client = new S3Client({
    // Stores of others have one name for all buckets, and do not know the newest checksums.
    ...(hasOwnAddress ? { forcePathStyle: true } : {}),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  const name = `s3://${bucket}/${prefix}`
  return {
    name,
    async put(path, bytes) {
      const object = { Bucket: bucket, Key: prefix + path, Body: bytes, ContentType: mediaTypeOf(path) }
      await client.send(new PutObjectCommand(object)).catch((error: unknown) => {
        throw refusedBy(name, error)
      })
    },
    async get(path) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + path }))
        return Buffer.from((await Body?.transformToByteArray()) ?? [])
      } catch (error) {
        if ((error as Error).name === 'NoSuchKey') return undefined
        throw refusedBy(name, error)
      }
    },
  }
}
