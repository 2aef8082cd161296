/** Sends a bundle to real servers that speak S3 and Azure Blob Storage, both from npm, and reads it back. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ContainerClient } from '@azure/storage-blob'
import { publishRun } from '../../../src/app/publish-run.ts'
import { openObjectStore } from '../../../src/kit/stores/object-store.ts'
import type { BenchResult } from '../orchestrator/bench-result.ts'

const RUN = join(import.meta.dirname, '../../../fixtures/journals/boot-loop-on-a-pair')
/** The servers' own credentials, which they print in their documentation. */
const AZURITE =
  'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;BlobEndpoint=http://127.0.0.1:10400/devstoreaccount1;'

/** @throws Error when a server does not start: npm has to be in reach */
export async function transport(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'rz-transport-'))
  const servers = [
    serve('s3rver@3.7.1', 's3rver', [
      '-d',
      join(folder, 's3'),
      '-p',
      '4568',
      '--configure-bucket',
      'reports',
    ]),
    serve('azurite@3.37.0', 'azurite-blob', [
      '--location',
      join(folder, 'az'),
      '--blobPort',
      '10400',
      '--silent',
      // The client speaks a newer version of the protocol than it knows.
      '--skipApiVersionCheck',
    ]),
  ]
  try {
    await Promise.all([listening(4568), listening(10_400)])
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4568',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'S3RVER',
      AWS_SECRET_ACCESS_KEY: 'S3RVER',
      AZURE_STORAGE_CONNECTION_STRING: AZURITE,
    })
    await new ContainerClient(AZURITE, 'reports').createIfNotExists()
    const places = ['s3://reports/partners/netwatch', 'az://reports/partners/netwatch']
    const lines: string[] = []
    const first = await publish(folder, join(folder, 'place'))
    const second = await publish(folder, join(folder, 'place'), first)
    for (const place of places) {
      await publish(folder, place)
      await publish(folder, place, first)
      lines.push(`${place}: ${await differences(place, join(folder, 'place'))}`)
    }
    return {
      name: 'a report and the one that supersedes it lie in both stores as in a folder',
      passed: lines.every((line) => line.endsWith(': 0 differ')) && second !== first,
      lines,
    }
  } finally {
    for (const server of servers) if (server.pid !== undefined) process.kill(-server.pid)
    rmSync(folder, { recursive: true, force: true })
  }
}

function serve(name: string, command: string, commandLine: readonly string[]): ChildProcess {
  // A group of its own: npm starts the server as a child.
  return spawn('npm', ['exec', '--yes', `--package=${name}`, '--', command, ...commandLine], {
    stdio: 'ignore',
    detached: true,
  })
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const isOpen = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true)).on('error', () => done(false))
      socket.on('close', () => undefined).end()
    })
    if (isOpen) return
    await sleep(500)
  }
  throw new Error(`nothing listens on port ${port}`)
}

async function publish(folder: string, to: string, supersedes?: string): Promise<string> {
  const partners = join(folder, 'partners.yaml')
  writeFileSync(
    partners,
    'version: 1\npublisher: Example Labs\nsecret: { name: key, environment: KEY }\npartners:\n  - { name: netwatch, title: Netwatch, products: [netwatch], contact: compat@example.org, show: { symptoms: all } }\n',
  )
  const { report } = await publishRun({
    runFolder: RUN,
    partners,
    partner: 'netwatch',
    out: join(folder, 'out'),
    to,
    issued: supersedes === undefined ? '2026-11-28' : '2026-11-29',
    ...(supersedes === undefined ? {} : { supersedes }),
    environment: { KEY: 'k'.repeat(40) },
    signal: new AbortController().signal,
    warn: () => undefined,
    print: async () => ({ because: 'this bench prints nothing' }),
  })
  return report.id
}

async function differences(place: string, folder: string): Promise<string> {
  const store = await openObjectStore(place)
  let [files, differ] = [0, 0]
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files += 1
    const sent = await store.get(relative(folder, path))
    if (sent === undefined || !sent.equals(readFileSync(path))) differ += 1
  }
  return `${files} files, nothing read where nothing is ${(await store.get('nothing')) === undefined}: ${differ} differ`
}
