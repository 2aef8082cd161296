/** A published bundle in the hands of its reader, and of somebody who changes it. */
import { zipSync } from 'fflate'
import { beforeAll, describe, expect, it } from 'vitest'
import { STATEMENT_FILES } from '../../src/model/bundle.ts'
import { unzipBundle, zipBundle } from '../../src/publish/bundle-zip.ts'
import { statementsOn } from '../../src/publish/statements.ts'
import { verifyBundle } from '../../src/publish/verify-bundle.ts'
import { randomFrom } from '../stand-ins/planted-run.ts'
import { badRun, goodRun } from '../stand-ins/scripted-report.ts'
import {
  bundleOf,
  DAY,
  misjudged,
  misjudgedZip,
  newSigner,
  reportOn,
  SIGNER,
  tamperer,
  withSums,
} from '../stand-ins/tampered-bundle.ts'

/** `npm run bench leaks` has 1,000. */
const TAMPERED = 200
const { publicKey } = SIGNER

const problemsOf = async (files: ReadonlyMap<string, Uint8Array>, today = DAY): Promise<string[]> =>
  (await verifyBundle(files, publicKey, today)).problems.map(({ file, what }) => `${file} ${what}`)

describe('verify', () => {
  let good: Map<string, Uint8Array>
  beforeAll(async () => {
    good = await bundleOf(reportOn(goodRun()))
  })

  it('finds nothing wrong with what was signed', async () => {
    expect([...good.keys()]).toContain(STATEMENT_FILES.release)
    expect(await problemsOf(good)).toEqual([])
    expect(await problemsOf(await bundleOf(reportOn(badRun())))).toEqual([])
  })

  it(`names just what somebody without the key changed, in ${TAMPERED} bundles`, async () => {
    const { good: untouched, tamper } = await tamperer()
    expect(Object.values(STATEMENT_FILES).every((path) => untouched.has(path))).toBe(true)
    expect(await problemsOf(untouched)).toEqual([])
    const wrong: string[] = []
    for (let seed = 0; seed < TAMPERED; seed += 1) {
      const misjudgement = await misjudged(tamper(randomFrom(seed)))
      if (misjudgement !== undefined) wrong.push(misjudgement)
    }
    expect(wrong).toEqual([])
  })

  it(`sees a changed byte anywhere in a zip, in ${TAMPERED} of them`, async () => {
    const zip = zipBundle(good, 'report-1')
    expect(unzipBundle(zip)).toMatchObject({ isAsPacked: true })
    const wrong: string[] = []
    for (let seed = 0; seed < TAMPERED; seed += 1) {
      const misjudgement = await misjudgedZip(good, randomFrom(seed))
      if (misjudgement !== undefined) wrong.push(misjudgement)
    }
    expect(wrong).toEqual([])
  })

  it('sees a zip in which another program may find other files', () => {
    const zip = zipBundle(good, 'report-1')
    const entries = Object.fromEntries([...good].map(([path, bytes]) => [`report-1/${path}`, bytes]))
    const ways: Readonly<Record<string, Uint8Array>> = {
      'with something before it': Buffer.concat([Buffer.from('MZ'), zip]),
      'with something behind it': Buffer.concat([zip, Buffer.from('more')]),
      'with a second file of the same name': Buffer.concat([
        zipSync({ 'report-1/index.html': Buffer.from('another page') }).subarray(0, -22),
        zip,
      ]),
      'with a second folder': zipSync({ 'a/index.html': Buffer.from('another page'), ...entries }),
    }
    for (const [way, bytes] of Object.entries(ways)) {
      const seen = ((): boolean => {
        try {
          return !unzipBundle(bytes).isAsPacked
        } catch {
          return true
        }
      })()
      expect(seen, way).toBe(true)
    }
  })

  it('names a file that was taken away, and one that was added', async () => {
    for (const path of good.keys()) {
      const rest = new Map([...good].filter(([name]) => name !== path))
      expect(await problemsOf(rest)).toEqual([expect.stringMatching(/ is missing$/)])
      expect((await problemsOf(rest))[0]).toContain(path)
    }
    expect(await problemsOf(new Map([...good, ['extra.txt', Buffer.from('x')]]))).toContain(
      'extra.txt does not belong to the bundle',
    )
  })

  it('does not trust another key, nor statements of another bundle that the same key signed', async () => {
    const stranger = newSigner()
    const foreign = await bundleOf(reportOn(goodRun()), { signer: stranger })
    expect(await problemsOf(foreign)).toContain(
      `${STATEMENT_FILES.claim} cannot be trusted: it is not signed by this key`,
    )
    // The hint of a statement is not signed: one that names our key is still not signed by it.
    const lying = await bundleOf(reportOn(goodRun()), {
      signer: { ...stranger, keyId: SIGNER.keyId },
    })
    expect(await problemsOf(lying)).toContain(
      `${STATEMENT_FILES.claim} cannot be trusted: its signature does not fit what it says`,
    )
    const bad = await bundleOf(reportOn(badRun()))
    const mixed = withSums(new Map([...bad, [STATEMENT_FILES.result, good.get(STATEMENT_FILES.result)!]]))
    expect(await problemsOf(mixed)).toEqual([`${STATEMENT_FILES.result} does not say what the report says`])
    const swapped = new Map([...good, [STATEMENT_FILES.claim, good.get(STATEMENT_FILES.result)!]])
    expect(await problemsOf(swapped)).toContain(`${STATEMENT_FILES.claim} is a statement of another sort`)
  })

  it('does not believe a publisher who signs what his report does not show', async () => {
    const report = reportOn(badRun())
    const lie = { ...report, result: 'compatible' as const, decision: 'release' as const }
    expect(await problemsOf(await bundleOf(report, { claimed: lie }))).toEqual([
      `${STATEMENT_FILES.claim} does not say what the report says`,
      `${STATEMENT_FILES.result} does not say what the report says`,
      `${STATEMENT_FILES.release} says release, which the report does not`,
    ])
    expect(await problemsOf(await bundleOf(lie))).toEqual([
      'report.json says compatible, which its machines do not show',
    ])
    const whole = reportOn(goodRun())
    const part = { ...whole, run: { ...whole.run, part: true } }
    expect(await problemsOf(await bundleOf(part))).toEqual([
      'report.json says compatible, which its machines do not show',
    ])
  })

  it('names a file that would be unpacked elsewhere, even if its publisher signed it', async () => {
    for (const path of ['../../x', 'evidence/../../x', '/etc/x', 'C:/x', 'evidence\\x']) {
      const more = new Map([[path, Buffer.from('x')]])
      expect(await problemsOf(await bundleOf(reportOn(goodRun()), { more })), path).toEqual([
        `${path} leads out of the folder of the bundle`,
      ])
    }
  })

  it('tells that a report has expired, and that its label breaks its embargo', async () => {
    expect(await problemsOf(good, '2027-02-26')).toEqual([])
    expect(await problemsOf(good, '2027-02-27')).toEqual([
      'report.json is no longer good: it expired on 2027-02-26',
    ])
    const early = { ...reportOn(goodRun()), tlp: 'TLP:GREEN' as const, embargoUntil: '2026-12-24' }
    expect(await problemsOf(await bundleOf(early))).toEqual([
      'report.json has the label TLP:GREEN, which its embargo until 2026-12-24 forbids',
    ])
  })
})

it('a statement on a run without a verdict for every machine is no pass', () => {
  const report = reportOn(goodRun({ closed: false }))
  const result = statementsOn(report, '', '').get(STATEMENT_FILES.result)
  expect(result?.predicate).toMatchObject({ result: 'FAILED', failures: 0, failedTests: [] })
  expect(statementsOn(report, '', '').has(STATEMENT_FILES.release)).toBe(false)
})
