/** The in-toto statements on a report, for its one audience: what a verifier of somebody else reads. Pure. */
import { sha256 } from '../kit/hash.ts'
import { BUNDLE_FILES, STATEMENT_FILES, type Claim, type Statement } from '../model/bundle.ts'
import type { PartnerReport } from '../model/partner-report.ts'
import { isDecided } from '../model/verdict.ts'

export const PREDICATES = {
  reference: 'https://in-toto.io/attestation/reference/v0.1',
  result: 'https://in-toto.io/attestation/test-result/v0.1',
  release: 'https://in-toto.io/attestation/svr/v0.2',
  registration: 'urn:ringzero:predicate:partner-registration:1',
  claim: 'urn:ringzero:predicate:claim:1',
} as const

const ATTESTER = 'urn:ringzero:attester'

/** path → statement. `manifest`: text of manifest.json; `policy`: commitment to the policy under which the release was decided, since its hash would be the same for all readers. */
export function statementsOn(
  report: PartnerReport,
  manifest: string,
  policy: string,
): ReadonlyMap<string, Statement> {
  const about = (predicateType: string, predicate: Statement['predicate']): Statement => ({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      {
        name: `${report.candidate.title} ${report.candidate.release}`,
        digest: { sha256: report.candidate.sha256 },
      },
    ],
    predicateType,
    predicate,
  })
  const statements = new Map<string, Statement>([
    [
      STATEMENT_FILES.reference,
      about(PREDICATES.reference, {
        attester: { id: ATTESTER },
        references: [
          {
            name: BUNDLE_FILES.manifest,
            downloadLocation: BUNDLE_FILES.manifest,
            mediaType: 'application/json',
            digest: { sha256: sha256(manifest) },
          },
        ],
      }),
    ],
    [STATEMENT_FILES.result, about(PREDICATES.result, testResult(report))],
    [STATEMENT_FILES.claim, about(PREDICATES.claim, { ...claimOn(report) })],
  ])
  // A hold cannot be said in this format, which lists what passed.
  if (report.decision === 'release' && report.result === 'compatible')
    statements.set(
      STATEMENT_FILES.release,
      about(PREDICATES.release, {
        verifier: { id: ATTESTER },
        timeCreated: `${report.issued}T00:00:00Z`,
        policies: [{ digest: { 'hmac-sha256': policy } }],
        properties: ['RINGZERO_RELEASE', 'RINGZERO_COMPATIBLE_WITH_AUDIENCE'],
      }),
    )
  return statements
}

/**
 * PASSED only where every machine passed; the format has no word for what is open, and a reader must not take it for a pass, so it
 * is FAILED with no failed test: the claim tells the difference.
 */
export function testResult(report: PartnerReport): Statement['predicate'] {
  const named = (...outcomes: readonly string[]): string[] =>
    report.cells.filter(({ outcome }) => outcomes.includes(outcome)).map(({ id }) => id)
  const [passed, warned, failed] = [named('pass'), named('warn'), named('fail')]
  const result = report.result !== 'compatible' ? 'FAILED' : warned.length > 0 ? 'WARNED' : 'PASSED'
  return {
    result,
    // Conforma takes the first name as that of the test; a descriptor without uri, digest or content is none (in-toto v1).
    configuration: [{ name: `ringzero/${report.audience.name}`, uri: `urn:ringzero:${report.id}` }],
    passedTests: passed,
    warnedTests: warned,
    failedTests: failed,
    failures: failed.length,
    warnings: warned.length,
  }
}

/** A partial run and a whole one give the same result; this says which it was. */
export function claimOn(report: PartnerReport): Claim {
  const { cells, run } = report
  const sum = (of: (cell: PartnerReport['cells'][number]) => number): number =>
    cells.reduce((total, cell) => total + of(cell), 0)
  return {
    report: report.id,
    result: report.result,
    level: 'self-attested',
    run: {
      state: run.state,
      simulated: run.simulated,
      ...(run.part === undefined ? {} : { part: run.part }),
    },
    cells: {
      all: cells.length,
      withoutVerdict: cells.filter((cell) => !isDecided(cell)).length,
      waived: cells.filter(({ waived }) => waived).length,
    },
    attempts: {
      valid: sum(({ attempts }) => attempts.valid),
      discarded: sum(({ discarded }) => discarded),
      numbers: report.numbers,
    },
    ...(report.registration === undefined ? {} : { registration: report.registration }),
    ...(report.drill === undefined ? {} : { drill: report.drill }),
    notLookedAt: report.notLookedAt,
    issued: report.issued,
    expires: report.expires,
    tlp: report.tlp,
    ...(report.embargoUntil === undefined ? {} : { embargoUntil: report.embargoUntil }),
    state: report.state,
    ...(report.supersedes === undefined ? {} : { supersedes: report.supersedes }),
  }
}
