/** Reports in the place of their partner: a folder, and a bucket of a store that speaks S3. */
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative, resolve, sep } from 'node:path'
import { XmlDocument } from 'libxml2-wasm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { publishRun, type Published, type PublishRequest } from '../../src/app/publish-run.ts'
import { formatPublished } from '../../src/cli/format-published.ts'
import { openObjectStore } from '../../src/kit/stores/object-store.ts'
import type { PartnerIndex } from '../../src/model/partner-index.ts'

const RUN = resolve(import.meta.dirname, '../../fixtures/journals/boot-loop-on-a-pair')
const SECRET = 'AKIA-NEVER-IN-A-LOG'

afterEach(() => vi.unstubAllEnvs())

function request(more: Partial<PublishRequest> = {}): PublishRequest & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'rz-send-'))
  const partners = join(folder, 'partners.yaml')
  const entry = (name: string, title: string): string =>
    `  - { name: ${name}, title: "${title}", products: [${name}], contact: compat@example.org, show: { symptoms: all, axes: [build] } }`
  writeFileSync(
    partners,
    `version: 1\npublisher: Example Labs\nsecret: { name: key, environment: KEY }\npartners:\n${entry('netwatch', 'Netwatch <Inc> & Co')}\n${entry('sensor', 'Sensor Ltd')}\n`,
  )
  return {
    folder,
    runFolder: RUN,
    partners,
    partner: 'netwatch',
    out: join(folder, 'out'),
    to: join(folder, 'place'),
    issued: '2026-11-28',
    environment: { KEY: 'k'.repeat(40) },
    signal: new AbortController().signal,
    warn: () => undefined,
    print: async () => ({ because: 'this test prints nothing' }),
    ...more,
  }
}

const text = (folder: string, path: string): string => readFileSync(join(folder, 'place', path), 'utf8')

describe('the place of a partner', () => {
  it('has the reports, a page over all of them with what became of each, a feed and checksums', async () => {
    const asked = request()
    const first = await publishRun(asked)
    const second = await publishRun({ ...asked, issued: '2026-11-29', supersedes: first.report.id })
    const withdrawn = await publishRun({
      ...asked,
      issued: '2026-11-30',
      withdraw: { id: second.report.id, reason: 'the image was <broken>' },
    })
    const index = JSON.parse(text(asked.folder, 'reports.json')) as PartnerIndex
    expect(index.reports.map(({ id }) => id)).toEqual(
      [withdrawn, second, first].map(({ report }) => report.id),
    )
    const page = text(asked.folder, 'index.html')
    expect(page).toContain(`superseded by ${second.report.id}`)
    expect(page).toContain(`withdrawn by ${withdrawn.report.id}`)
    expect(page).toContain('Netwatch &lt;Inc&gt; &amp; Co')
    expect(page).toContain('the image was &lt;broken&gt;')
    expect(page).not.toMatch(/<script|<broken>/)
    const feed = XmlDocument.fromString(text(asked.folder, 'feed.atom'))
    const atom = { a: 'http://www.w3.org/2005/Atom' }
    expect(feed.find('//a:entry/a:id', atom).map((node) => node.content)).toEqual(
      index.reports.map(({ id }) => `urn:ringzero:${id}`),
    )
    expect(feed.find('//a:entry[1]/a:title', atom)[0]?.content).toContain('withdraws')
    const sums = text(asked.folder, 'SHA256SUMS').trimEnd().split('\n')
    expect(sums).toHaveLength(6)
    for (const line of sums) {
      const bytes = readFileSync(join(asked.folder, 'place', line.slice(66)))
      expect(line.slice(0, 64)).toBe(createHash('sha256').update(bytes).digest('hex'))
    }
    expect(text(asked.folder, `${first.report.id}/report.json`)).toBe(
      readFileSync(join(first.folder, 'report.json'), 'utf8'),
    )
    feed.dispose()
  })

  it('takes the same report again without listing it twice', async () => {
    const asked = request()
    await publishRun(asked)
    const before = text(asked.folder, 'index.html')
    await publishRun(asked)
    expect(text(asked.folder, 'index.html')).toBe(before)
  })

  it('never holds the reports of two partners', async () => {
    const asked = request()
    await publishRun(asked)
    const before = readdirSync(join(asked.folder, 'place'))
    await expect(publishRun({ ...asked, partner: 'sensor' })).rejects.toMatchObject({
      code: 'TRANSPORT_FOREIGN',
      fault: 'user',
    })
    expect(readdirSync(join(asked.folder, 'place'))).toEqual(before)
  })

  it('is not written to in a dry run, which tells each file and what the reader would see', async () => {
    const asked = request({ dryRun: true })
    const published = await publishRun(asked)
    expect(existsSync(join(asked.folder, 'out')) || existsSync(join(asked.folder, 'place'))).toBe(false)
    const lines = formatPublished(published, true).join('\n')
    for (const file of published.files) expect(lines).toContain(`  ${file} (`)
    expect(lines).toContain('axes: Build (micro-6.1, micro-6.12)')
    expect(lines).toContain('failures: boot-loop')
    expect(lines).toContain(`sent to ${join(asked.folder, 'place')}`)
    const written = await publishRun({ ...asked, dryRun: false })
    expect(written.files).toEqual(published.files)
    expect(written.zipBytes).toBe(published.zipBytes)
  })
})

/** A bucket in memory: what S3 says to PUT and GET of an object. */
async function bucket(): Promise<{
  readonly server: Server
  readonly objects: Map<string, Buffer>
  readonly address: string
}> {
  const objects = new Map<string, Buffer>()
  const server = createServer((asked, answer) => {
    const pieces: Buffer[] = []
    const path = decodeURIComponent(new URL(asked.url ?? '/', 'http://here').pathname)
    asked.on('data', (piece: Buffer) => pieces.push(piece))
    asked.on('end', () => {
      const object = objects.get(path)
      if (asked.method === 'PUT') {
        objects.set(path, Buffer.concat(pieces))
        answer.writeHead(200, { etag: '"1"' }).end()
      } else if (path.startsWith('/closed/')) {
        answer.writeHead(403).end(`<Error><Code>AccessDenied</Code><Message>${SECRET}</Message></Error>`)
      } else if (object === undefined) answer.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>')
      else answer.writeHead(200).end(object)
    })
  })
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  return { server, objects, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

describe('a bucket', () => {
  it('gets what a folder gets', async () => {
    const { server, objects, address } = await bucket()
    vi.stubEnv('AWS_ENDPOINT_URL', address)
    vi.stubEnv('AWS_REGION', 'us-east-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'someone')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', SECRET)
    try {
      const asked = request()
      await publishRun(asked)
      const sent: Published = await publishRun({ ...asked, to: 's3://reports/partners/netwatch' })
      expect(sent.sentTo).toBe('s3://reports/partners/netwatch/')
      const names = readdirSync(join(asked.folder, 'place'), { recursive: true, withFileTypes: true })
      const files = names.filter((entry) => entry.isFile())
      expect(objects.size).toBe(files.length)
      for (const { parentPath, name } of files) {
        const path = join(parentPath, name)
        const below = relative(join(asked.folder, 'place'), path).split(sep).join('/')
        const key = `/reports/partners/netwatch/${below}`
        expect(objects.get(key)?.equals(readFileSync(path)), key).toBe(true)
      }
      const refused = await publishRun({ ...asked, to: 's3://closed/netwatch' }).catch(
        (error: unknown) => error,
      )
      expect(refused).toMatchObject({ code: 'TRANSPORT_FAILED', fault: 'host' })
      expect(String(refused)).toContain('AccessDenied, HTTP 403')
      expect(String(refused)).not.toContain(SECRET)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }, 30_000)

  it('is refused where its address or its credentials are none', async () => {
    await expect(openObjectStore('s3://')).rejects.toThrow('names no bucket')
    vi.stubEnv('AZURE_STORAGE_CONNECTION_STRING', '')
    await expect(openObjectStore('az://reports')).rejects.toThrow(
      'AZURE_STORAGE_CONNECTION_STRING, and it is not set',
    )
    vi.stubEnv('AZURE_STORAGE_CONNECTION_STRING', `AccountKey=${SECRET}`)
    const error = await openObjectStore('az://reports').catch((thrown: unknown) => thrown)
    expect(String(error)).toContain('is no connection string')
    expect(String(error)).not.toContain(SECRET)
  })
})
