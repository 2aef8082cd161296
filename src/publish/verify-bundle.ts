/** Whether a bundle is what its publisher signed, whole and still good. Needs no network; everything wrong is told, file by file. */
import type { KeyObject } from 'node:crypto'
import { sha256 } from '../kit/hash.ts'
import {
  BUNDLE_FILES,
  BundleManifestSchema,
  ReferenceSchema,
  RegistrationSchema,
  STATEMENT_FILES,
  type BundleManifest,
  type Statement,
} from '../model/bundle.ts'
import { PartnerReportSchema, type PartnerReport } from '../model/partner-report.ts'
import { canonicalJson } from '../kit/hash.ts'
import type { BundleFiles } from './bundle-zip.ts'
import { openStatement } from './dsse.ts'
import { brokenPromises } from './registration.ts'
import { checksumText } from './manifest.ts'
import { claimOn, PREDICATES, testResult } from './statements.ts'

export interface BundleProblem {
  readonly file: string
  /** A sentence about this file without its subject and full stop. */
  readonly what: string
}

export interface VerifiedBundle {
  /** Empty: everything is as it was signed, and still good. */
  readonly problems: readonly BundleProblem[]
  /** Absent when it cannot be read. */
  readonly report?: PartnerReport
}

type Note = (file: string, what: string) => void

/** `today`: `2026-11-28`. Without a key nothing is found about who signed it. */
export async function verifyBundle(
  files: BundleFiles,
  publicKey: KeyObject | undefined,
  today: string,
): Promise<VerifiedBundle> {
  const problems: BundleProblem[] = []
  const note: Note = (file, what) => {
    if (!problems.some((problem) => problem.file === file)) problems.push({ file, what })
  }
  const statements =
    publicKey === undefined ? new Map<string, Statement>() : await openStatements(files, publicKey, note)
  const manifest = checkManifest(files, statements, note)
  checkFiles(files, manifest, note)
  const report = readReport(files, note)
  if (report !== undefined && publicKey !== undefined && manifest !== undefined)
    checkNeeded(report, files, problems, note)
  checkSums(files, manifest !== undefined, problems, note)
  if (report !== undefined) {
    if (problems.length === 0 && publicKey !== undefined) {
      checkClaims(report, manifest, statements, note)
      problems.push(...checkRegistration(report, statements))
    }
    checkDates(report, today, note)
  }
  return { problems, ...(report === undefined ? {} : { report }) }
}

const NEEDED = [STATEMENT_FILES.reference, STATEMENT_FILES.result, STATEMENT_FILES.claim]
const TYPES: Readonly<Record<string, string>> = {
  [STATEMENT_FILES.reference]: PREDICATES.reference,
  [STATEMENT_FILES.result]: PREDICATES.result,
  [STATEMENT_FILES.claim]: PREDICATES.claim,
  [STATEMENT_FILES.release]: PREDICATES.release,
  [STATEMENT_FILES.registration]: PREDICATES.registration,
}

async function openStatements(
  files: BundleFiles,
  publicKey: KeyObject,
  note: Note,
): Promise<ReadonlyMap<string, Statement>> {
  const opened = new Map<string, Statement>()
  for (const path of Object.values(STATEMENT_FILES)) {
    const bytes = files.get(path)
    if (bytes === undefined) {
      if (NEEDED.includes(path as (typeof NEEDED)[number])) note(path, 'is missing')
      continue
    }
    try {
      const statement = await openStatement(Buffer.from(bytes).toString('utf8'), publicKey)
      // A statement that was signed for another purpose must not stand in the place of this one.
      if (statement.predicateType !== TYPES[path]) note(path, 'is a statement of another sort')
      else opened.set(path, statement)
    } catch (error) {
      note(path, `cannot be trusted: ${(error as Error).message}`)
    }
  }
  return opened
}

function checkManifest(
  files: BundleFiles,
  statements: ReadonlyMap<string, Statement>,
  note: Note,
): BundleManifest | undefined {
  const bytes = files.get(BUNDLE_FILES.manifest)
  if (bytes === undefined) {
    note(BUNDLE_FILES.manifest, 'is missing')
    return undefined
  }
  const reference = ReferenceSchema.safeParse(statements.get(STATEMENT_FILES.reference)?.predicate)
  const signed = reference.data?.references.find(
    ({ downloadLocation }) => downloadLocation === BUNDLE_FILES.manifest,
  )
  if (reference.success && signed?.digest?.sha256 !== sha256(bytes)) {
    note(BUNDLE_FILES.manifest, 'differs from what was signed')
    return undefined
  }
  try {
    return BundleManifestSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch {
    note(BUNDLE_FILES.manifest, 'is no manifest of a bundle')
    return undefined
  }
}

/** Of a name that a program could unpack to another place than below the folder of the bundle, on any system. */
const OUTSIDE = /^\/|\\|^[A-Za-z]:|(?:^|\/)\.\.?(?:\/|$)/

function checkFiles(files: BundleFiles, manifest: BundleManifest | undefined, note: Note): void {
  // Whoever signed it.
  for (const path of files.keys()) if (OUTSIDE.test(path)) note(path, 'leads out of the folder of the bundle')
  const ours = new Set<string>([...Object.values(BUNDLE_FILES), ...Object.values(STATEMENT_FILES)])
  if (manifest === undefined) {
    for (const path of files.keys())
      if (!ours.has(path) && !path.startsWith('evidence/')) note(path, 'does not belong to the bundle')
    return
  }
  for (const { path, sha256: signed } of manifest.files) {
    const bytes = files.get(path)
    if (bytes === undefined) note(path, 'is missing')
    else if (sha256(bytes) !== signed) note(path, 'was changed')
  }
  const known = new Set<string>([
    ...manifest.files.map(({ path }) => path),
    ...Object.values(STATEMENT_FILES),
    BUNDLE_FILES.manifest,
    BUNDLE_FILES.checksums,
  ])
  for (const path of files.keys()) if (!known.has(path)) note(path, 'does not belong to the bundle')
}

function readReport(files: BundleFiles, note: Note): PartnerReport | undefined {
  const bytes = files.get(BUNDLE_FILES.report)
  if (bytes === undefined) {
    note(BUNDLE_FILES.report, 'is missing')
    return undefined
  }
  try {
    return PartnerReportSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch {
    note(BUNDLE_FILES.report, 'is no report to a partner')
    return undefined
  }
}

/** Statements that not every report has, where this one must; a report that was changed says nothing about them. */
function checkNeeded(
  report: PartnerReport,
  files: BundleFiles,
  problems: readonly BundleProblem[],
  note: Note,
): void {
  if (problems.some(({ file }) => file === BUNDLE_FILES.report)) return
  const needed = [
    ...(isReleased(report) ? [STATEMENT_FILES.release] : []),
    ...(report.registration === undefined ? [] : [STATEMENT_FILES.registration]),
  ]
  for (const path of needed) if (!files.has(path)) note(path, 'is missing')
}

function isReleased({ result, decision }: PartnerReport): boolean {
  return result === 'compatible' && decision === 'release'
}

/** The list that people check by sha256sum, line by line; lines of files that are known to be wrong say nothing about the list. */
function checkSums(
  files: BundleFiles,
  isManifestGood: boolean,
  problems: readonly BundleProblem[],
  note: Note,
): void {
  const bytes = files.get(BUNDLE_FILES.checksums)
  if (bytes === undefined) return note(BUNDLE_FILES.checksums, 'is missing')
  const wrong = new Set(problems.map(({ file }) => file))
  const rest = new Map([...files].filter(([path]) => path !== BUNDLE_FILES.checksums && !wrong.has(path)))
  const listed = Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => !wrong.has(line.slice(HASH_AND_SPACES)))
  const right = checksumText(rest).split('\n')
  if (listed.join('\n') === right.join('\n')) return
  if (isManifestGood) return note(BUNDLE_FILES.checksums, 'does not list the files of this bundle')
  // Without a manifest nothing is known of the files but this list, which nobody signed: both may be wrong.
  for (const line of right)
    if (!listed.includes(line))
      note(line.slice(HASH_AND_SPACES), `is not what ${BUNDLE_FILES.checksums} lists`)
}

/** Before the path, in a line of the list. */
const HASH_AND_SPACES = 66

/** What was signed about the report is what the report says: all of it can be worked out from the report again. */
function checkClaims(
  report: PartnerReport,
  manifest: BundleManifest | undefined,
  statements: ReadonlyMap<string, Statement>,
  note: Note,
): void {
  if (manifest?.report !== report.id) note(BUNDLE_FILES.manifest, 'is that of another report')
  for (const [path, { subject }] of statements)
    if (subject[0]?.digest?.sha256 !== report.candidate.sha256) note(path, 'is about another candidate')
  const claim = statements.get(STATEMENT_FILES.claim)?.predicate
  if (canonicalJson(claim) !== canonicalJson(claimOn(report)))
    note(STATEMENT_FILES.claim, 'does not say what the report says')
  const result = statements.get(STATEMENT_FILES.result)?.predicate
  if (canonicalJson(result) !== canonicalJson(testResult(report)))
    note(STATEMENT_FILES.result, 'does not say what the report says')
  const failed = report.cells.some(({ outcome, blame }) => outcome === 'fail' && blame === 'candidate')
  const worked = report.cells.every(({ outcome }) => outcome === 'pass' || outcome === 'warn')
  if (
    report.result === 'compatible' &&
    (failed ||
      !worked ||
      report.cells.length === 0 ||
      report.run.simulated ||
      report.run.part === true ||
      report.pack === true)
  )
    note(BUNDLE_FILES.report, 'says compatible, which its machines do not show')
  if (!isReleased(report) && statements.has(STATEMENT_FILES.release))
    note(STATEMENT_FILES.release, 'says release, which the report does not')
}

/** A report that keeps no registration of its own is told by its text; a report that has lost its own, here. */
function checkRegistration(
  report: PartnerReport,
  statements: ReadonlyMap<string, Statement>,
): BundleProblem[] {
  const file = STATEMENT_FILES.registration
  const statement = statements.get(file)
  if (statement === undefined) return []
  const promised = RegistrationSchema.safeParse(statement.predicate)
  if (!promised.success) return [{ file, what: 'is a statement of another sort' }]
  return brokenPromises(report, promised.data).map((what) => ({ file, what }))
}

function checkDates({ tlp, embargoUntil, expires, issued }: PartnerReport, today: string, note: Note): void {
  if (today > expires) note(BUNDLE_FILES.report, `is no longer good: it expired on ${expires}`)
  if (embargoUntil !== undefined && issued < embargoUntil && (tlp === 'TLP:CLEAR' || tlp === 'TLP:GREEN'))
    note(BUNDLE_FILES.report, `has the label ${tlp}, which its embargo until ${embargoUntil} forbids`)
}
