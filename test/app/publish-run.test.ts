/** Publishing from recorded runs: what is written, what is refused, and that nothing is left where it is refused. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { generateKeyPairSync } from 'node:crypto'
import { strFromU8, unzipSync, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { publishRun, type PublishRequest } from '../../src/app/publish-run.ts'
import { verifyBundleFiles } from '../../src/app/verify-bundle-files.ts'
import { formatInstant, systemClock } from '../../src/kit/clock.ts'
import { sha256 } from '../../src/kit/hash.ts'

const RUN = resolve(import.meta.dirname, '../../fixtures/journals/boot-loop-on-a-pair')
const ENTRY = `  - name: netwatch
    title: Netwatch Incorporated
    products: [netwatch]
    contact: compat@example.org
    show: { axes: [build, cpu], symptoms: all, details: [phase] }
`
const warnings: string[] = []

function request(
  entry = ENTRY,
  more: Partial<PublishRequest> = {},
): PublishRequest & { readonly out: string } {
  const folder = mkdtempSync(join(tmpdir(), 'rz-publish-'))
  const partners = join(folder, 'partners.yaml')
  writeFileSync(
    partners,
    `version: 1\npublisher: Example Labs\nsecret: { name: key, environment: KEY }\npartners:\n${entry}`,
  )
  return {
    runFolder: RUN,
    partners,
    partner: 'netwatch',
    out: join(folder, 'out'),
    issued: '2026-11-28',
    environment: { KEY: 'k'.repeat(40) },
    signal: new AbortController().signal,
    warn: (message) => warnings.push(message),
    print: async () => ({ because: 'this test prints nothing' }),
    ...more,
  }
}

const written = (out: string): readonly string[] => {
  try {
    return readdirSync(out)
  } catch {
    return []
  }
}

describe('publish', () => {
  it('writes a page, data, JUnit, a summary, hashes of all, and one zip of them', async () => {
    const { report, folder, zip, files } = await publishRun(request())
    expect(files).toEqual([
      'SHA256SUMS',
      'index.html',
      'junit.xml',
      'manifest.json',
      'report.json',
      'summary.md',
    ])
    expect(report.result).toBe('incompatible')
    const entries = unzipSync(readFileSync(zip))
    expect(Object.keys(entries)).toEqual(files.map((file) => `${report.id}/${file}`))
    for (const file of files)
      expect(strFromU8(entries[`${report.id}/${file}`]!)).toBe(readFileSync(join(folder, file), 'utf8'))
    const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
    expect(sums).toContain(`${sha256(readFileSync(join(folder, 'report.json')))}  report.json\n`)
    expect(warnings.at(-1)).toBe('the bundle has no PDF: this test prints nothing')
  })

  it('writes the same bytes for the same inputs', async () => {
    const [first, second] = [await publishRun(request()), await publishRun(request())]
    expect(sha256(readFileSync(first.zip))).toBe(sha256(readFileSync(second.zip)))
  })

  it('signs for its one reader, who can check folder and zip without a network', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const folder = mkdtempSync(join(tmpdir(), 'rz-keys-'))
    const key = join(folder, 'key.pem')
    const open = join(folder, 'public.pem')
    const passphrase = 'open sesame'
    const secret = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
    writeFileSync(key, secret, { mode: 0o600 })
    writeFileSync(open, publicKey.export({ type: 'spki', format: 'pem' }))
    const environment = { KEY: 'k'.repeat(40), RINGZERO_KEY_PASSPHRASE: passphrase }
    const issued = formatInstant(systemClock.now()).slice(0, 10)
    const signed = await publishRun(request(ENTRY, { issued, signer: { key }, environment }))
    expect(await verifyBundleFiles(signed.folder, open)).toMatchObject({
      problems: [],
      report: { id: signed.report.id },
    })
    expect((await verifyBundleFiles(signed.zip, open)).problems).toEqual([])
    writeFileSync(join(signed.folder, 'index.html'), 'another page')
    expect((await verifyBundleFiles(signed.folder, open)).problems).toEqual([
      { file: 'index.html', what: 'was changed' },
    ])
    const unsigned = await publishRun(request())
    expect((await verifyBundleFiles(unsigned.folder, open)).problems.map(({ what }) => what)).toContain(
      'is missing',
    )
    const text = join(folder, 'passphrase.zip')
    writeFileSync(text, 'no zip')
    await expect(verifyBundleFiles(text, open)).rejects.toMatchObject({
      code: 'BUNDLE_UNREADABLE',
      fault: 'user',
    })
  })

  it('tells in verify that a zip was packed anew', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const folder = mkdtempSync(join(tmpdir(), 'rz-zip-'))
    const [key, open] = [join(folder, 'key.pem'), join(folder, 'public.pem')]
    const secret = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const
    writeFileSync(key, privateKey.export(secret), { mode: 0o600 })
    writeFileSync(open, publicKey.export({ type: 'spki', format: 'pem' }))
    const environment = { KEY: 'k'.repeat(40), RINGZERO_KEY_PASSPHRASE: 'open sesame' }
    const issued = formatInstant(systemClock.now()).slice(0, 10)
    const { zip } = await publishRun(request(ENTRY, { issued, signer: { key }, environment }))
    writeFileSync(zip, zipSync(unzipSync(readFileSync(zip)), { level: 9 }))
    const { problems } = await verifyBundleFiles(zip, open)
    expect(problems).toEqual([
      { file: basename(zip), what: expect.stringContaining('is not packed as it was published') },
    ])
  })

  it('refuses a text of partners.yaml that names a product of somebody else, and writes nothing', async () => {
    const asked = request(ENTRY.replace('compat@example.org', 'whoever made the Sensor'))
    await expect(publishRun(asked)).rejects.toMatchObject({
      code: 'LEAK_FOUND',
      fault: 'user',
      problems: expect.arrayContaining([
        expect.objectContaining({
          message: expect.stringContaining('"sensor" (id of a product of somebody else)'),
        }),
      ]),
    })
    expect(written(asked.out)).toEqual([])
  })

  it('refuses a label that breaks the embargo, until its day has come', async () => {
    const entry = ENTRY.replace('    show', '    tlp: TLP:GREEN\n    embargoUntil: 2026-12-24\n    show')
    await expect(publishRun(request(entry))).rejects.toMatchObject({ code: 'EMBARGO' })
    await expect(publishRun(request(entry, { issued: '2026-12-24' }))).resolves.toMatchObject({
      report: { tlp: 'TLP:GREEN' },
    })
  })

  it('refuses a key that can be guessed', async () => {
    await expect(publishRun(request(ENTRY, { environment: { KEY: 'short' } }))).rejects.toMatchObject({
      code: 'SECRET_WEAK',
    })
  })

  it('supersedes and withdraws reports that this partner got, and no others', async () => {
    const asked = request()
    const first = await publishRun(asked)
    const second = await publishRun({ ...asked, issued: '2026-11-29', supersedes: first.report.id })
    expect(second.report.supersedes).toBe(first.report.id)
    const withdrawn = await publishRun({
      ...asked,
      withdraw: { id: second.report.id, reason: 'the image was broken' },
    })
    expect(withdrawn.report).toMatchObject({ state: 'withdrawn', supersedes: second.report.id, cells: [] })
    expect(readFileSync(join(withdrawn.folder, 'summary.md'), 'utf8')).toContain('the image was broken')
    await expect(publishRun({ ...asked, supersedes: 'report-0' })).rejects.toMatchObject({
      code: 'REPORT_UNKNOWN',
    })
    expect(written(asked.out)).toHaveLength(6)
  })

  it('hands over texts by name and pictures by hash alone, and looks through both', async () => {
    const runFolder = mkdtempSync(join(tmpdir(), 'rz-evidence-'))
    cpSync(RUN, runFolder, { recursive: true })
    const journal = join(runFolder, 'journal.jsonl')
    const cell = 'micro-61-netwatch-max'
    const key = { cell, arm: 'candidate', attempt: 1 }
    const save = (name: string, mediaType: string, text: string): string => {
      const id = sha256(text)
      const path = `cells/${cell}-${name}`
      writeFileSync(join(runFolder, path.replace('cells/', '')), text)
      const evidence = {
        id,
        ...key,
        name,
        mediaType,
        bytes: text.length,
        path: path.replace('cells/', ''),
        phase: 'collect',
        cut: false,
      }
      const lines = readFileSync(journal, 'utf8').trimEnd().split('\n')
      const at = lines.findIndex(
        (line) => line.includes('"attempt-closed"') && line.includes(cell) && line.includes('"candidate"'),
      )
      lines.splice(
        at,
        0,
        JSON.stringify({ type: 'evidence-saved', at: JSON.parse(lines[at]!).at, ...key, evidence }),
      )
      writeFileSync(journal, `${lines.join('\n')}\n`)
      return id
    }
    save('serial.log', 'text/plain', 'kernel: netwatch died')
    const picture = save('screen.png', 'image/png', 'a picture')
    const withTexts = ENTRY.replace('show: {', 'show: { evidence: [serial.log],')
    const texts = await publishRun(request(withTexts, { runFolder }))
    expect(texts.files.filter((file) => file.startsWith('evidence/'))).toEqual([
      expect.stringMatching(/^evidence\/cell-[0-9a-f]+\/candidate-1-serial\.log$/),
    ])
    const both = await publishRun(
      request(withTexts.replace('show: {', `show: { files: [${picture}],`), { runFolder }),
    )
    expect(both.files.filter((file) => file.endsWith('.png'))).toHaveLength(1)
    save('serial.log', 'text/plain', 'kernel: the sensor died')
    await expect(publishRun(request(withTexts, { runFolder }))).rejects.toMatchObject({ code: 'LEAK_FOUND' })
  })
})
