/** Evidence files: names, hashes, budgets, secrets. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sha256 } from '../../src/kit/hash.ts'
import type { EvidenceRecord } from '../../src/model/report.ts'
import { AttemptEvidence } from '../../src/record/evidence-store.ts'
import { SecretMasker } from '../../src/record/secret-masker.ts'
import { temporaryFolder } from '../stand-ins/simulated-lab.ts'

function open(): { store: AttemptEvidence; folder: string; saved: EvidenceRecord[]; masker: SecretMasker } {
  const folder = temporaryFolder()
  const saved: EvidenceRecord[] = []
  const masker = new SecretMasker()
  const store = new AttemptEvidence({
    runFolder: folder,
    key: { cell: 'abc', arm: 'candidate', attempt: 2 },
    masker,
    phase: () => 'restart',
    onSaved: async (record) => void saved.push(record),
  })
  return { store, folder, saved, masker }
}

it('names a file by its hash below the attempt that saved it, and lists it in the manifest', async () => {
  const { store, folder, saved } = open()
  const id = await store.save('serial.log', 'text/plain', Buffer.from('panic\n'))
  expect(id).toBe(sha256('panic\n'))
  expect(saved).toEqual([
    {
      id,
      cell: 'abc',
      arm: 'candidate',
      attempt: 2,
      name: 'serial.log',
      mediaType: 'text/plain',
      bytes: 6,
      path: `cells/abc/candidate-2/${id.slice(0, 12)}-serial.log`,
      phase: 'restart',
      cut: false,
    },
  ])
  expect(readFileSync(join(folder, saved[0]?.path ?? ''), 'utf8')).toBe('panic\n')
  await store.save('serial.log', 'text/plain', Buffer.from('panic\n'))
  expect(saved).toHaveLength(1)
  await store.writeManifest()
  const manifest = JSON.parse(
    readFileSync(join(folder, 'cells/abc/candidate-2/manifest.json'), 'utf8'),
  ) as object
  expect(manifest).toEqual({ schema: 'ringzero/evidence/1', files: saved })
})

it('streams a file of the host and hashes what it kept', async () => {
  const { store, folder, saved } = open()
  const dump = Buffer.alloc(3 * 1024 * 1024, 7)
  writeFileSync(join(folder, 'source.dmp'), dump)
  const id = await store.saveFile('memory.dmp', 'application/octet-stream', join(folder, 'source.dmp'))
  expect(id).toBe(sha256(dump))
  expect(readFileSync(join(folder, saved[0]?.path ?? '')).equals(dump)).toBe(true)
  await expect(store.saveFile('gone.log', 'text/plain', join(folder, 'gone'))).rejects.toMatchObject({
    code: 'EVIDENCE_MISSING',
  })
})

it('keeps the end of a log that is over the budget, and says that it was cut', async () => {
  const { store, folder, saved } = open()
  const text = `${'x'.repeat(9 * 1024 * 1024)}the end`
  await store.save('serial.log', 'text/plain', Buffer.from(text))
  writeFileSync(join(folder, 'long.log'), text)
  await store.saveFile('long.log', 'text/plain', join(folder, 'long.log'))
  expect(saved.map(({ cut, bytes }) => [cut, bytes])).toEqual([
    [true, 8 * 1024 * 1024],
    [true, 8 * 1024 * 1024],
  ])
  expect(readFileSync(join(folder, saved[0]?.path ?? ''), 'utf8').endsWith('the end')).toBe(true)
})

it.each(['../evil', '/etc/passwd', 'a/b', '', '.hidden', 'x'.repeat(200)])(
  'refuses the name %j',
  async (name) => {
    const { store, folder } = open()
    await expect(store.save(name, 'text/plain', Buffer.from('x'))).rejects.toMatchObject({ fault: 'plugin' })
    expect(existsSync(join(folder, 'cells'))).toBe(false)
  },
)

it('masks secrets in text evidence and leaves bytes alone', async () => {
  const { store, folder, saved, masker } = open()
  masker.add('correct horse')
  const data = Buffer.from('password: correct horse\n')
  await store.save('install.log', 'text/plain', data)
  await store.save('memory.dmp', 'application/octet-stream', data)
  const [text, bytes] = saved.map(({ path }) => readFileSync(join(folder, path), 'utf8'))
  expect(text).toBe('password: *************\n')
  expect(bytes).toContain('correct horse')
})

it('leaves nothing of a secret that stands where a long log is cut', async () => {
  const { store, folder, saved, masker } = open()
  masker.add('correct horse')
  const end = 'x'.repeat(8 * 1024 * 1024 - 5)
  writeFileSync(join(folder, 'long.log'), `correct horse${end}`)
  await store.saveFile('long.log', 'text/plain', join(folder, 'long.log'))
  await store.save('same.log', 'text/plain', Buffer.from(`correct horse${end}`))
  for (const { path, cut } of saved) {
    expect(cut).toBe(true)
    expect(readFileSync(join(folder, path), 'utf8').slice(0, 6)).toBe('*****x')
  }
})
