/** A published bundle in the hands of its reader, and of somebody who changes it. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { keyIdOf, type ByteSigner } from '../../src/kit/signing.ts'
import { STATEMENT_FILES } from '../../src/model/bundle.ts'
import type { PartnerReport } from '../../src/model/partner-report.ts'
import { signStatement } from '../../src/publish/dsse.ts'
import { checksumText, manifestText } from '../../src/publish/manifest.ts'
import { projectReport } from '../../src/publish/project-report.ts'
import { pseudonymsFor } from '../../src/publish/pseudonyms.ts'
import { statementsOn } from '../../src/publish/statements.ts'
import { verifyBundle } from '../../src/publish/verify-bundle.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'
import { badRun, goodRun } from '../stand-ins/scripted-report.ts'

const TAMPERED = Number(process.env['RINGZERO_TAMPERED_BUNDLES'] ?? 150)
const TODAY = '2026-11-28'
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const other = generateKeyPairSync('ed25519')

const signerOf = (key: KeyObject, open: KeyObject): ByteSigner => ({
  keyId: keyIdOf(open),
  publicKey: open,
  sign: async (data) => sign(undefined, data, key),
})
const SIGNER = signerOf(privateKey, publicKey)

function reportOf(run: ReturnType<typeof badRun>): PartnerReport {
  return projectReport({
    ...run,
    plan: scriptedPlan(),
    matrix: { version: 1, id: 'demo', axes: {} },
    partner: {
      name: 'netwatch',
      title: 'Netwatch Inc.',
      products: ['netwatch'],
      contact: 'us@example.org',
      show: { decision: true },
    },
    publisher: 'Laboratory',
    pseudonymsFrom: 2,
    pseudonyms: pseudonymsFor('netwatch', 'a secret of the laboratory, thirty-two characters and more'),
    issued: TODAY,
  })
}

async function bundleOf(
  report: PartnerReport,
  {
    signer = SIGNER,
    claimed = report,
  }: { readonly signer?: ByteSigner; readonly claimed?: PartnerReport } = {},
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>([
    ['report.json', Buffer.from(`${JSON.stringify(report, undefined, 2)}\n`)],
    ['index.html', Buffer.from('<!doctype html><title>a page</title>')],
    ['evidence/cell-1/candidate-1-serial.log', Buffer.from('kernel: hello')],
  ])
  const manifest = manifestText(report.id, files)
  files.set('manifest.json', Buffer.from(manifest))
  for (const [path, statement] of statementsOn(claimed, manifest, 'p'))
    files.set(path, Buffer.from(await signStatement(statement, signer)))
  files.set('SHA256SUMS', Buffer.from(checksumText(files)))
  return files
}

const problemsOf = async (files: ReadonlyMap<string, Uint8Array>, today = TODAY): Promise<string[]> =>
  (await verifyBundle(files, publicKey, today)).problems.map(({ file, what }) => `${file} ${what}`)

describe('verify', () => {
  let good: Map<string, Uint8Array>
  beforeAll(async () => {
    good = await bundleOf(reportOf(goodRun()))
  })

  it('finds nothing wrong with what was signed', async () => {
    expect([...good.keys()]).toContain(STATEMENT_FILES.release)
    expect(await problemsOf(good)).toEqual([])
    expect(await problemsOf(await bundleOf(reportOf(badRun())))).toEqual([])
  })

  it(`names the file in which a byte was changed, in ${TAMPERED} bundles`, async () => {
    const paths = [...good.keys()]
    await fc.assert(
      fc.asyncProperty(
        fc.nat(paths.length - 1),
        fc.double({ min: 0, max: 0.9999999, noNaN: true }),
        fc.integer({ min: 1, max: 255 }),
        async (file, place, change) => {
          const path = paths[file]!
          const bytes = Buffer.from(good.get(path)!)
          const at = Math.floor(place * bytes.length)
          bytes[at] = bytes[at]! ^ change
          const { problems } = await verifyBundle(new Map([...good, [path, bytes]]), publicKey, TODAY)
          expect(problems.map((problem) => problem.file)).toEqual([path])
        },
      ),
      { numRuns: TAMPERED },
    )
  })

  it('names a file that was taken away, and one that was added', async () => {
    for (const path of good.keys()) {
      if (path === STATEMENT_FILES.release) continue
      const rest = new Map([...good].filter(([name]) => name !== path))
      expect(await problemsOf(rest)).toEqual([expect.stringMatching(/ is missing$/)])
      expect((await problemsOf(rest))[0]).toContain(path)
    }
    expect(await problemsOf(new Map([...good, ['extra.txt', Buffer.from('x')]]))).toContain(
      'extra.txt does not belong to the bundle',
    )
  })

  it('does not trust another key, nor statements of another bundle that the same key signed', async () => {
    const foreign = await bundleOf(reportOf(goodRun()), {
      signer: signerOf(other.privateKey, other.publicKey),
    })
    expect(await problemsOf(foreign)).toContain(
      `${STATEMENT_FILES.claim} cannot be trusted: it is not signed by this key`,
    )
    // The hint of a statement is not signed: one that names our key is still not signed by it.
    const lying = await bundleOf(reportOf(goodRun()), { signer: signerOf(other.privateKey, publicKey) })
    expect(await problemsOf(lying)).toContain(
      `${STATEMENT_FILES.claim} cannot be trusted: its signature does not fit what it says`,
    )
    const bad = await bundleOf(reportOf(badRun()))
    const mixed = new Map([...bad, [STATEMENT_FILES.result, good.get(STATEMENT_FILES.result)!]])
    mixed.set(
      'SHA256SUMS',
      Buffer.from(checksumText(new Map([...mixed].filter(([path]) => path !== 'SHA256SUMS')))),
    )
    expect(await problemsOf(mixed)).toEqual([`${STATEMENT_FILES.result} does not say what the report says`])
    const swapped = new Map([...good, [STATEMENT_FILES.claim, good.get(STATEMENT_FILES.result)!]])
    expect(await problemsOf(swapped)).toContain(`${STATEMENT_FILES.claim} is a statement of another sort`)
  })

  it('does not believe a publisher who signs what his report does not show', async () => {
    const report = reportOf(badRun())
    const lie = { ...report, result: 'compatible' as const, decision: 'release' as const }
    expect(await problemsOf(await bundleOf(report, { claimed: lie }))).toEqual([
      `${STATEMENT_FILES.claim} does not say what the report says`,
      `${STATEMENT_FILES.result} does not say what the report says`,
      `${STATEMENT_FILES.release} says release, which the report does not`,
    ])
    expect(await problemsOf(await bundleOf(lie))).toEqual([
      'report.json says compatible, which its machines do not show',
    ])
  })

  it('tells that a report has expired, and that its label breaks its embargo', async () => {
    expect(await problemsOf(good, '2027-02-26')).toEqual([])
    expect(await problemsOf(good, '2027-02-27')).toEqual([
      'report.json is no longer good: it expired on 2027-02-26',
    ])
    const early = { ...reportOf(goodRun()), tlp: 'TLP:GREEN' as const, embargoUntil: '2026-12-24' }
    expect(await problemsOf(await bundleOf(early))).toEqual([
      'report.json has the label TLP:GREEN, which its embargo until 2026-12-24 forbids',
    ])
  })
})

it('a statement on a run without a verdict for every machine is no pass', () => {
  const report = reportOf(goodRun({ closed: false }))
  const result = statementsOn(report, '', '').get(STATEMENT_FILES.result)
  expect(result?.predicate).toMatchObject({ result: 'FAILED', failures: 0, failedTests: [] })
  expect(statementsOn(report, '', '').has(STATEMENT_FILES.release)).toBe(false)
})
