/** What was signed for a partner before a run began, in the hands of a lab that would rather show something else. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { hashJson } from '../../src/kit/hash.ts'
import { keyIdOf, type ByteSigner } from '../../src/kit/signing.ts'
import { STATEMENT_FILES, type Registration, type Statement } from '../../src/model/bundle.ts'
import type { EarlierResult, PartnerReport } from '../../src/model/partner-report.ts'
import type { Partner } from '../../src/model/partners.ts'
import type { Plan } from '../../src/model/plan.ts'
import { signStatement } from '../../src/publish/dsse.ts'
import { checksumText, manifestText } from '../../src/publish/manifest.ts'
import { projectReport } from '../../src/publish/project-report.ts'
import { pseudonymsFor } from '../../src/publish/pseudonyms.ts'
import { commitmentsOf, registrationFor } from '../../src/publish/registration.ts'
import { PREDICATES, statementsOn } from '../../src/publish/statements.ts'
import { verifyBundle } from '../../src/publish/verify-bundle.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'
import { badRun, CANDIDATE, goodRun } from '../stand-ins/scripted-report.ts'

const DAY = '2026-11-28'
const SECRET = 'a secret of the laboratory, thirty-two characters and more'
const PARTNER: Partner = {
  name: 'netwatch',
  title: 'Netwatch Inc.',
  products: ['netwatch'],
  contact: 'us@example.org',
}
const RIVAL: Partner = { ...PARTNER, name: 'sensor', title: 'Sensor Ltd.', products: ['sensor'] }
const POLICY = goodRun().gate.policySha256
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const SIGNER: ByteSigner = {
  keyId: keyIdOf(publicKey),
  publicKey,
  sign: async (data) => sign(undefined, data, privateKey),
}

interface Shown {
  readonly run?: ReturnType<typeof goodRun>
  readonly plan?: Plan
  readonly earlier?: readonly { readonly run: string; readonly result: EarlierResult }[]
  readonly asSigned?: boolean
}

/** The report that the publisher makes of what he has. */
function reportOf({
  run = goodRun(),
  plan = scriptedPlan(),
  earlier = [],
  asSigned = true,
}: Shown): PartnerReport {
  const pseudonyms = pseudonymsFor(PARTNER.name, SECRET)
  return projectReport({
    ...run,
    plan,
    matrix: { version: 1, id: 'demo', axes: {} },
    partner: PARTNER,
    publisher: 'Laboratory',
    pseudonymsFrom: 2,
    pseudonyms,
    issued: DAY,
    registration: {
      commitments: commitmentsOf({ plan, seed: run.report.run.seed, policySha256: POLICY }, pseudonyms),
      asSigned,
      earlier: earlier.map((one) => ({ ...one, run: pseudonyms.id('run', one.run) })),
    },
  })
}

/** What was signed for a partner before the run began. */
function promised({
  partner = PARTNER,
  plan = scriptedPlan(),
  run = goodRun().report.run.id,
  earlier = [],
}: {
  readonly partner?: Partner
  readonly plan?: Plan
  readonly run?: string
  readonly earlier?: readonly string[]
} = {}): Registration {
  return registrationFor(
    partner,
    {
      plan,
      seed: plan.seed,
      policySha256: POLICY,
      run,
      day: DAY,
      tool: goodRun().report.tool.version,
      earlier: earlier.map((id) => ({ run: id, products: ['sensor', 'netwatch'] })),
    },
    pseudonymsFor(partner.name, SECRET),
  )
}

/** What `verify` says of a bundle that the publisher signed as a whole. */
async function verified(report: PartnerReport, registration: Registration | undefined): Promise<string[]> {
  const files = new Map<string, Uint8Array>([['report.json', Buffer.from(JSON.stringify(report))]])
  const manifest = manifestText(report.id, files)
  files.set('manifest.json', Buffer.from(manifest))
  const statements = new Map(statementsOn(report, manifest, 'p'))
  const subject: Statement['subject'] = [{ name: 'update', digest: { sha256: CANDIDATE.sha256 } }]
  if (registration !== undefined)
    statements.set(STATEMENT_FILES.registration, {
      _type: 'https://in-toto.io/Statement/v1',
      subject,
      predicateType: PREDICATES.registration,
      predicate: { ...registration },
    })
  for (const [path, statement] of statements)
    files.set(path, Buffer.from(await signStatement(statement, SIGNER)))
  files.set('SHA256SUMS', Buffer.from(checksumText(files)))
  const { problems } = await verifyBundle(files, publicKey, DAY)
  return problems.map(
    ({ file, what }) => `${file.replace(STATEMENT_FILES.registration, 'registration')} ${what}`,
  )
}

describe('a registration', () => {
  it('is kept by a run that did what was planned', async () => {
    expect(await verified(reportOf({}), promised())).toEqual([])
    expect(reportOf({}).result).toBe('compatible')
    expect(reportOf({}).notLookedAt.join()).not.toContain('signed for you')
  })

  it('shows that a failing run was repeated until one worked', async () => {
    const earlier = ['20261127T000000Z-0001']
    const pseudonym = pseudonymsFor(PARTNER.name, SECRET).id('run', earlier[0]!)
    const honest = reportOf({ earlier: [{ run: earlier[0]!, result: 'incompatible' }] })
    expect(honest).toMatchObject({ result: 'inconclusive', because: expect.stringContaining('earlier run') })
    expect(await verified(honest, promised({ earlier }))).toEqual([])
    // Silence, and telling it without its consequence.
    expect(await verified(reportOf({}), promised({ earlier }))).toEqual([
      `registration names ${pseudonym}, an earlier run of the same candidate that the report does not tell`,
    ])
    for (const result of ['incompatible', 'unknown'] as const) {
      const lie = { ...reportOf({ earlier: [{ run: earlier[0]!, result }] }), result: 'compatible' as const }
      expect(await verified(lie, promised({ earlier }))).toEqual([
        expect.stringContaining(`names ${pseudonym}, an earlier run of the same candidate`),
      ])
    }
    // An attempt that the lab itself broke does not count against the candidate, and stays visible.
    const again = reportOf({ earlier: [{ run: earlier[0]!, result: 'inconclusive' }] })
    expect(again.result).toBe('compatible')
    expect(await verified(again, promised({ earlier }))).toEqual([])
  })

  it('shows that a machine was dropped', async () => {
    const plan = scriptedPlan()
    const bad = badRun()
    const failing = new Set(
      bad.report.cells.filter(({ verdict }) => verdict.outcome === 'fail').map((c) => c.planned.id),
    )
    const cells = bad.report.cells.filter(({ planned }) => !failing.has(planned.id))
    const cut = { ...plan, cells: plan.cells.filter(({ id }) => !failing.has(id)) }
    const report = reportOf({ run: { ...bad, report: { ...bad.report, cells } }, plan: cut })
    expect(report.result).toBe('compatible')
    const problems = await verified(report, promised())
    expect(problems[0]).toBe('registration was signed for another plan than the report was made with')
    expect(problems.slice(1)).toEqual(
      Array.from(failing, () =>
        expect.stringMatching(/names cell-[0-9a-f]+, which the report does not have/),
      ),
    )
    // Even if the plan is called the same.
    const hidden = { ...report, registration: reportOf({}).registration! }
    expect(await verified(hidden, promised())).toHaveLength(failing.size)
  })

  it('shows a machine that was put in the place of another, unless the report says that it came later', async () => {
    const run = goodRun()
    const [first, ...rest] = run.report.cells
    const own = rest.findLast(({ planned }) => planned.products.includes('netwatch'))!
    const extra = { ...own, planned: { ...own.planned, id: 'another' } }
    const report = reportOf({ run: { ...run, report: { ...run.report, cells: [first!, ...rest, extra] } } })
    expect(report.cells.filter(({ added }) => added)).toHaveLength(1)
    expect(await verified(report, promised())).toEqual([])
    const lie = { ...report, cells: report.cells.map((cell) => ({ ...cell, added: false })) }
    expect(await verified(lie, promised())).toEqual([expect.stringContaining('does not name cell-')])
  })

  it('shows another seed, other inputs and another policy', async () => {
    const run = goodRun()
    const other = reportOf({
      run: { ...run, report: { ...run.report, run: { ...run.report.run, seed: 8 } } },
    })
    expect(await verified(other, promised())).toEqual([
      'registration was signed for another seed than the report was made with',
    ])
    const inputs = {
      ...scriptedPlan(),
      inputs: [{ role: 'image' as const, name: 'x', sha256: 'e'.repeat(64) }],
    }
    expect(await verified(reportOf({ plan: inputs }), promised())).toEqual([
      'registration was signed for another plan, other inputs than the report was made with',
    ])
  })

  it('shows a plan of another run, of another reader, and that the record was changed', async () => {
    expect(await verified(reportOf({}), promised({ run: 'another' }))).toEqual([
      'registration is that of another run',
    ])
    expect(await verified(reportOf({}), { ...promised(), audience: 'sensor' })).toEqual([
      'registration was signed for another reader',
    ])
    expect(await verified(reportOf({ asSigned: false }), promised())).toEqual([
      'registration belongs to a run whose plan or journal was changed after it was signed',
    ])
    expect(await verified(reportOf({}), { ...promised(), registered: '2026-11-29' })).toEqual([
      'registration was signed after the report was issued',
    ])
    expect(await verified(reportOf({}), { ...promised(), tool: '9.9.9' })).toEqual([
      'registration was signed by another version of ringzero',
    ])
  })

  it('cannot be left out of a report that tells of it', async () => {
    expect(await verified(reportOf({}), undefined)).toEqual(['registration is missing'])
  })

  it('tells two partners nothing that they could join, and neither how many others there are', () => {
    const [own, rival] = [PARTNER, RIVAL].map((partner) =>
      JSON.stringify(promised({ partner, earlier: ['20261127T000000Z-0001'] })),
    )
    const tokens = (text: string): string[] => text.match(/[A-Za-z0-9]{8,}/g) ?? []
    const words = new Set(tokens(own!).filter((token) => tokens(rival!).includes(token)))
    expect([...words].filter((word) => /\d/.test(word))).toEqual([])
    expect(own).not.toContain(hashJson(scriptedPlan()))
    const foreign = promised({ earlier: [] })
    expect(
      registrationFor(
        PARTNER,
        {
          plan: scriptedPlan(),
          seed: 7,
          policySha256: POLICY,
          run: goodRun().report.run.id,
          day: DAY,
          tool: goodRun().report.tool.version,
          earlier: [{ run: 'of others', products: ['sensor'] }],
        },
        pseudonymsFor(PARTNER.name, SECRET),
      ),
    ).toEqual(foreign)
  })
})
