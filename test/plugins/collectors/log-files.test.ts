/** Logs of a guest, live or from its disk, are saved as text: only text is searched for secrets. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { guestFiles } from '../../../src/plugins/collectors/guest-files.ts'
import { offlineDisk } from '../../../src/plugins/collectors/offline-disk.ts'
import { windowsGuestOs } from '../../../src/plugins/guests/windows/windows-guest-os.ts'
import { AttemptEvidence } from '../../../src/record/evidence-store.ts'
import { SecretMasker } from '../../../src/record/secret-masker.ts'
import type { Channel } from '../../../src/sdk/channel.ts'
import type { CollectTarget } from '../../../src/sdk/collector.ts'
import type { Machine } from '../../../src/sdk/provider.ts'
import { testContext } from '../../stand-ins/local-guest.ts'

const SECRET = 'ACME-1234-5678'
/** As Windows writes them: Windows Installer in UTF-16, the device installation log in bytes, the event log in a format of its own. */
const FILES = new Map([
  ['C:\\Windows\\Temp\\ringzero-msi.log', Buffer.from(`\uFEFFLICENCE=${SECRET}\r\n`, 'utf16le')],
  ['C:\\Windows\\INF\\setupapi.dev.log', Buffer.from(`cmd: setup.exe /key ${SECRET}\r\n`)],
  ['C:\\Windows\\System32\\winevt\\Logs\\Setup.evtx', Buffer.from(`ElfFile\0 ${SECRET}`)],
])

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'rz-logs-'))
})
afterAll(() => rmSync(root, { recursive: true }))

/** What lies in the run folder after a collector saved those files through the store of a run that knows the secret. */
async function saved(name: string, collect: typeof guestFiles): Promise<ReadonlyMap<string, Buffer>> {
  const [runFolder, scratch] = [join(root, name), join(root, `${name}-scratch`)]
  mkdirSync(scratch)
  const masker = new SecretMasker()
  masker.add(SECRET)
  const evidence = new AttemptEvidence({
    runFolder,
    key: { cell: 'abc', arm: 'candidate', attempt: 1 },
    masker,
    phase: () => 'collect',
    onSaved: () => Promise.resolve(),
  })
  const target = {
    machine: {
      stop: () => Promise.resolve(),
      offlineDisk: {
        read: async () =>
          await Promise.resolve(
            new Map(
              [...FILES].map(([path, bytes], index) => {
                const local = join(scratch, `disk-${index}`)
                writeFileSync(local, bytes)
                return [path, local]
              }),
            ),
          ),
      },
    } as unknown as Machine,
    guest: {
      pull: async (path: string, local: string) => {
        writeFileSync(local, FILES.get(path) ?? '')
        return await Promise.resolve({ truncated: false })
      },
    } as unknown as Channel,
    os: {
      ...windowsGuestOs,
      files: () =>
        Promise.resolve({
          files: new Map([...FILES.keys()].map((path) => [path, { size: 1, sha256: '' }])),
          cut: 0,
        }),
    } as unknown as CollectTarget['os'],
    final: true,
    candidatePaths: [],
    scratch,
  }
  await collect.collect(target, evidence, testContext())
  const folder = join(runFolder, 'cells/abc/candidate-1')
  return new Map(readdirSync(folder).map((file) => [file.slice(13), readFileSync(join(folder, file))]))
}

it.each([
  ['live', guestFiles],
  ['disk', offlineDisk],
] as const)(
  'shows no secret in a log that is read %s, and leaves binary formats as they are',
  async (kind, collector) => {
    const files = await saved(kind, collector)
    const masked = '*'.repeat(SECRET.length)
    expect(files.get(`${kind}-01-ringzero-msi.log`)?.toString('utf16le')).toBe(`\uFEFFLICENCE=${masked}\r\n`)
    expect(files.get(`${kind}-02-setupapi.dev.log`)?.toString()).toBe(`cmd: setup.exe /key ${masked}\r\n`)
    expect(files.get(`${kind}-03-Setup.evtx`)).toEqual([...FILES.values()][2])
  },
)
