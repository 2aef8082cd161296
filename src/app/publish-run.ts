/** `ringzero publish`: a run → what one partner may see of it, looked through for leaks before anything is written. */
import { readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { loadLab } from '../inputs/load-lab.ts'
import { loadPartners, partnerNamed, pseudonymKey, type LoadedPartners } from '../inputs/load-partners.ts'
import { loadSigner, type SignerChoice } from '../inputs/load-signer.ts'
import { loadPolicy } from '../inputs/load-policy.ts'
import { readableSecrets, secretReader } from '../inputs/secrets.ts'
import { printPage } from '../kit/chromium.ts'
import { formatInstant, systemClock } from '../kit/clock.ts'
import { writeFileAtomic } from '../kit/files.ts'
import { hashJson } from '../kit/hash.ts'
import type { ByteSigner } from '../kit/signing.ts'
import { BUNDLE_FILES, STATEMENT_FILES } from '../model/bundle.ts'
import { attemptId } from '../model/attempt-id.ts'
import { AppError } from '../model/errors.ts'
import { PartnerReportSchema, type PartnerCell, type PartnerReport } from '../model/partner-report.ts'
import type { Partner } from '../model/partners.ts'
import type { EvidenceRecord } from '../model/report.ts'
import { zipBundle } from '../publish/bundle-zip.ts'
import { signStatement } from '../publish/dsse.ts'
import { collectNames } from '../publish/leak-scan/run-names.ts'
import { findLeaks, type ForbiddenNames, type Leak, type ScannedFile } from '../publish/leak-scan/scan.ts'
import { checksumText, manifestText } from '../publish/manifest.ts'
import { renderIndex } from '../publish/partner-index.ts'
import { partnerCells, projectReport, type Projection } from '../publish/project-report.ts'
import { statementsOn } from '../publish/statements.ts'
import { pseudonymsFor, type Pseudonyms } from '../publish/pseudonyms.ts'
import { runEvents } from '../record/run-events.ts'
import { readRunInputs, type RunInputs } from '../record/run-inputs.ts'
import { judgeRun, type JudgedRun } from './judge-run.ts'
import { registrationIn } from './registration-in-bundle.ts'
import { openPlace, sendBundle, type SentBundle } from './send-bundle.ts'
import { bundleVocabulary, renderBundle } from './render-bundle.ts'

export interface PublishRequest {
  readonly runFolder: string
  /** Path of partners.yaml. */
  readonly partners: string
  readonly partner: string
  /** Folder that the bundle is written into, as `<id>/` and `<id>.zip`. */
  readonly out: string
  readonly policy?: string
  /** A folder, `s3://bucket/folder` or `az://container/folder` of this partner: the bundle goes there, too, and so does his index. */
  readonly to?: string
  /** Everything is made and looked through, and nothing is written or sent. */
  readonly dryRun?: boolean
  /** Day of issue, `2026-11-28`; default today. */
  readonly issued?: string
  /** Id of a report in `out` whose place this one takes. */
  readonly supersedes?: string
  /** Id of a report in `out` that is withdrawn, and why. */
  readonly withdraw?: { readonly id: string; readonly reason: string }
  /** Who signs it; absent: it is not signed. */
  readonly signer?: SignerChoice
  /** A pack: the one cell whose id is, or begins with, this; of its evidence one attempt that failed and its control. */
  readonly cell?: string
  readonly environment: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly warn: (message: string) => void
  /** Default: by a Chromium of this computer. */
  readonly print?: typeof printPage
}

export interface Published {
  readonly report: PartnerReport
  /** Absolute. */
  readonly folder: string
  readonly zip: string
  readonly files: readonly string[]
  /** Of each file, in bytes. */
  readonly sizes: ReadonlyMap<string, number>
  readonly zipBytes: number
  /** Where it was sent to as well; in a dry run, where it would have been. */
  readonly sentTo?: string
}

/** @throws AppError RUN_UNREADABLE, INPUT_*, SECRET_*, EMBARGO, LEAK_FOUND, REPORT_UNKNOWN (user); nothing is written then */
export async function publishRun(request: PublishRequest): Promise<Published> {
  const runFolder = resolve(request.runFolder)
  const partners = await loadPartners(request.partners)
  const partner = partnerNamed(partners, request.partner)
  const key = pseudonymKey(partners, request.environment)
  const issued = dayOfIssue(request.issued)
  refuseBrokenEmbargo(partner, issued)
  const signer = await loadSigner(request.signer ?? {}, request.environment, request.signal)
  if (signer === undefined)
    request.warn('the report is not signed: its reader cannot check where it comes from')
  const supersedes = request.withdraw?.id ?? request.supersedes
  if (supersedes !== undefined) await mustBePublished(request.out, supersedes, partner)
  const policy = await loadPolicy(request.policy)
  const [inputs, judged] = await Promise.all([
    readRunInputs(runFolder),
    judgeRun(runFolder, policy, systemClock.now(), { signal: request.signal }),
  ])
  const pseudonyms = pseudonymsFor(partner.name, key)
  const only = request.cell === undefined ? undefined : partnersCell(judged, partner, request.cell)
  // What was signed for the whole run does not fit a part of it.
  const registered =
    only !== undefined
      ? undefined
      : await registrationIn(runFolder, partner, judged, policy, pseudonyms, signer)
  for (const message of registered?.warnings ?? []) request.warn(message)
  const evidence =
    request.withdraw === undefined
      ? await evidenceFor(partner, judged, runFolder, pseudonyms, only)
      : { files: [], byCell: new Map() }
  const report = projectReport({
    report: judged.report,
    gate: judged.gate,
    plan: judged.plan,
    matrix: inputs.matrix,
    partner,
    publisher: partners.publisher,
    pseudonymsFrom: partners.pseudonymsFrom ?? 3,
    pseudonyms,
    issued,
    evidence: evidence.byCell,
    images: await imagesOf(inputs.files.lab, judged),
    ...(only === undefined ? {} : { only }),
    ...(registered === undefined ? {} : { registration: registered.told }),
    ...(supersedes === undefined ? {} : { supersedes }),
    ...(request.withdraw === undefined ? {} : { withdrawnBecause: request.withdraw.reason }),
  })
  const forbidden = await forbiddenIn({
    runFolder,
    partners,
    partner,
    inputs,
    judged,
    report,
    secrets: [key],
  })
  const rendered = await renderBundle(report)
  // Evidence was written by a guest, whose words are all words of the run: names alone are looked for in it.
  const namesAlone = { names: forbidden.names, words: new Map<string, string>() }
  const leaks = [...findLeaks(rendered, forbidden), ...findLeaks(evidence.files, namesAlone)]
  refuseLeaks(leaks, partner)
  const printed = only === undefined ? await printOf(rendered, request) : []
  refuseLeaks(findLeaks(printed, namesAlone), partner)
  const parts = [...rendered, ...evidence.files, ...printed]
  const signed = await signedParts(report, parts, {
    signer,
    policy: pseudonyms.commitment('policy', judged.gate.policySha256),
    registration: registered?.text,
  })
  // The scan saw what is signed word by word in the report; envelopes are looked through as well.
  refuseLeaks(findLeaks(signed, namesAlone), partner)
  const bundle = bundleOf(report, [...parts, ...signed])
  const place = request.to === undefined ? undefined : await openPlace(request.to, bundle)
  if (place !== undefined) {
    const index = [...renderIndex(place.index)].map(([path, text]) => ({ path, bytes: Buffer.from(text) }))
    refuseLeaks(findLeaks(index, namesAlone), partner)
  }
  const written = request.dryRun === true ? notWritten(bundle, request) : await write(bundle, request)
  if (place === undefined) return written
  if (request.dryRun !== true) await sendBundle(place.store, place.index, bundle)
  return { ...written, sentTo: place.store.name }
}

function dayOfIssue(given: string | undefined): string {
  if (given === undefined) return formatInstant(systemClock.now()).slice(0, 10)
  if (z.iso.date().safeParse(given).success) return given
  throw new AppError('USAGE', 'user', `"${given}" is no day`, { hint: 'write it as 2026-01-31' })
}

/** A label that lets a reader pass the report on breaks an embargo. */
function refuseBrokenEmbargo({ tlp, embargoUntil, name }: Partner, issued: string): void {
  if (embargoUntil === undefined || issued >= embargoUntil) return
  if (tlp !== 'TLP:CLEAR' && tlp !== 'TLP:GREEN') return
  throw new AppError(
    'EMBARGO',
    'user',
    `${tlp} lets ${name} pass the report on, and the embargo ends on ${embargoUntil}`,
    {
      hint: 'give it a stricter label until that day, or publish later',
    },
  )
}

async function mustBePublished(out: string, id: string, { name }: Partner): Promise<void> {
  const path = join(resolve(out), basename(id), BUNDLE_FILES.report)
  const hint = 'give the id of a report that lies in the folder of --out, as report-0a1b…'
  const text = await readFile(path, 'utf8').catch(() => {
    throw new AppError('REPORT_UNKNOWN', 'user', `there is no report ${id} in ${out}`, { hint })
  })
  const earlier = PartnerReportSchema.safeParse(JSON.parse(text))
  if (!earlier.success || earlier.data.audience.name !== name)
    throw new AppError('REPORT_UNKNOWN', 'user', `${id} is no report to ${name}`, {
      hint,
      where: { file: path },
    })
}

interface HandedOver {
  readonly files: readonly ScannedFile[]
  readonly byCell: ReadonlyMap<string, PartnerCell['evidence']>
}

/** Evidence of the partner's cells that he may have: texts by name; pictures and dumps only those that a person named by hash. */
async function evidenceFor(
  { show = {}, ...partner }: Partner,
  { report }: JudgedRun,
  runFolder: string,
  pseudonyms: Pseudonyms,
  only: string | undefined,
): Promise<HandedOver> {
  const names = new Set(show.evidence)
  const hashes = new Set(show.files)
  const cells = new Set(partnerCells(report, partner).map(({ planned }) => planned.id))
  const shown = only === undefined ? new Set<string>() : attemptsToShow(report, only)
  const files: ScannedFile[] = []
  const byCell = new Map<string, PartnerCell['evidence']>()
  for (const record of report.evidence) {
    if (!cells.has(record.cell) || (only !== undefined && !shown.has(attemptId(record)))) continue
    const text = record.mediaType.startsWith('text/') && names.has(record.name)
    if (!text && !hashes.has(record.id)) continue
    const bytes = await readFile(join(runFolder, record.path)).catch(() => undefined)
    if (bytes === undefined) continue
    const path = `evidence/${pseudonyms.id('cell', record.cell)}/${record.arm}-${record.attempt}-${text ? record.name : `${record.id.slice(0, 12)}${endingOf(record)}`}`
    files.push({ path, bytes })
    byCell.set(record.cell, [...(byCell.get(record.cell) ?? []), { path, sha256: record.id }])
  }
  return { files, byCell }
}

/** Ids of one attempt with the candidate, of those that failed if any did, and of one without. */
function attemptsToShow({ cells, controls }: JudgedRun['report'], only: string): ReadonlySet<string> {
  const verdict = cells.find(({ planned }) => planned.id === only)?.verdict
  const tried = verdict?.attempts ?? []
  const attempt = tried.find(({ symptoms }) => symptoms.length > 0) ?? tried[0]
  const control = controls.find(({ id }) => verdict?.control.attempts.includes(id))
  return new Set([
    ...(attempt === undefined ? [] : [attemptId({ ...attempt, cell: only })]),
    ...(control === undefined ? [] : [control.id]),
  ])
}

/** The whole id of a cell that the partner may see. @throws AppError CELL_UNKNOWN (user) */
function partnersCell({ report }: JudgedRun, partner: Partner, query: string): string {
  const found = partnerCells(report, partner).filter(({ planned }) => planned.id.startsWith(query))
  const [cell] = found
  if (cell !== undefined && found.length === 1) return cell.planned.id
  const what =
    found.length === 0
      ? `no machine with a product of ${partner.name} has the id`
      : `${found.length} machines with products of ${partner.name} begin with`
  throw new AppError('CELL_UNKNOWN', 'user', `${what} ${JSON.stringify(query.slice(0, 100))}`, {
    hint: 'give the id of a cell, as the page and `ringzero explain` show it',
  })
}

/** What of an image's recipe may be told: the rest are paths and sizes. */
const BUILD_KEYS = ['edition', 'language', 'kernel']

/** The images of the lab file by id, as long as they are those that the run was planned with. */
async function imagesOf(file: string, { plan }: JudgedRun): Promise<NonNullable<Projection['images']>> {
  const planned = new Map(
    plan.inputs.flatMap(({ role, name, sha256 }) => (role === 'image' ? [[name, sha256]] : [])),
  )
  const { images = [] } = await loadLab(file).catch(() => ({ images: [] }))
  return new Map(
    images
      .filter((image) => planned.get(image.id) === hashJson(image))
      .map(({ id, os, kind, title, build = {} }) => [
        id,
        {
          os,
          kind,
          ...(title === undefined ? {} : { title }),
          build: Object.fromEntries(
            BUILD_KEYS.flatMap((key) => (typeof build[key] === 'string' ? [[key, build[key]]] : [])),
          ),
        },
      ]),
  )
}

function endingOf({ mediaType }: EvidenceRecord): string {
  return { 'image/png': '.png', 'text/plain': '.txt' }[mediaType] ?? '.bin'
}

/** Everything that the run knows by name and this partner must not see. */
async function forbiddenIn(from: {
  readonly runFolder: string
  readonly partners: LoadedPartners
  readonly partner: Partner
  readonly inputs: RunInputs
  readonly judged: JudgedRun
  readonly report: PartnerReport
  readonly secrets: readonly string[]
}): Promise<ForbiddenNames> {
  const { partners, partner, inputs, judged, report } = from
  const others = partners.partners.filter(({ name }) => name !== partner.name)
  const collector = collectNames(
    {
      plan: judged.plan,
      matrix: inputs.matrix,
      secrets: [...from.secrets, ...(await labSecrets(inputs.files.lab))],
      vocabulary: await bundleVocabulary(),
      notSecret: partners.notSecret ?? [],
      others: others.flatMap(({ name, title, products, names = [] }) => [name, title, ...products, ...names]),
    },
    partner,
    report,
  )
  for (const document of [inputs, judged.plan, judged.report, judged.gate]) collector.add(document)
  for await (const event of runEvents(from.runFolder)) collector.add(event)
  return collector.forbidden
}

/** The journal holds none of them, but somebody may have written one into partners.yaml; a lab that is gone has none to lose. */
async function labSecrets(file: string): Promise<readonly string[]> {
  try {
    const { secrets = [] } = await loadLab(file)
    return readableSecrets(secrets, secretReader(secrets, dirname(file), process.env)).values
  } catch {
    return []
  }
}

const SHOWN_LEAKS = 20

function refuseLeaks(leaks: readonly Leak[], { name }: Partner): void {
  if (leaks.length === 0) return
  const problems = leaks.slice(0, SHOWN_LEAKS).map(({ path, name: leaked, what, hidden, around }) => ({
    message: `"${leaked}" (${what}) is in ${path}${hidden === '' ? '' : `, hidden by ${hidden}`}: …${around}…`,
    hint: 'take it out of partners.yaml or of the evidence; if it gives nothing away, add it to notSecret, or to the names of this partner if it is his',
  }))
  throw new AppError(
    'LEAK_FOUND',
    'user',
    `nothing was published: ${leaks.length} names that ${name} must not see would be in his report`,
    { problems },
  )
}

/** The PDF is printed from the page that was looked through word by word, so that its own bytes are looked through for names. */
async function printOf(
  rendered: readonly ScannedFile[],
  { signal, warn, print = printPage }: PublishRequest,
): Promise<ScannedFile[]> {
  const page = rendered.find(({ path }) => path === BUNDLE_FILES.page)
  const { pdf, because = '' } = await print(Buffer.from(page?.bytes ?? []).toString('utf8'), signal)
  if (pdf !== undefined) return [{ path: BUNDLE_FILES.print, bytes: pdf }]
  warn(`the bundle has no PDF: ${because}`)
  return []
}

/** manifest.json and the signed statements about it. */
async function signedParts(
  report: PartnerReport,
  parts: readonly ScannedFile[],
  {
    signer,
    policy,
    registration,
  }: {
    readonly signer: ByteSigner | undefined
    readonly policy: string
    readonly registration: string | undefined
  },
): Promise<ScannedFile[]> {
  const manifest = manifestText(report.id, new Map(parts.map(({ path, bytes }) => [path, bytes])))
  const files: ScannedFile[] = [{ path: BUNDLE_FILES.manifest, bytes: Buffer.from(manifest) }]
  if (registration !== undefined)
    files.push({ path: STATEMENT_FILES.registration, bytes: Buffer.from(registration) })
  if (signer === undefined) return files
  try {
    for (const [path, statement] of statementsOn(report, manifest, policy))
      files.push({ path, bytes: Buffer.from(await signStatement(statement, signer)) })
    return files
  } catch (error) {
    throw new AppError(
      'SIGNING_FAILED',
      'host',
      `the report could not be signed: ${(error as Error).message}`,
      {
        hint: 'check the program of --signer: bytes on its standard input, a signature on its standard output',
        cause: error,
      },
    )
  }
}

function bundleOf(report: PartnerReport, parts: readonly ScannedFile[]): SentBundle {
  const files = new Map(parts.map(({ path, bytes }) => [path, bytes]))
  files.set(BUNDLE_FILES.checksums, Buffer.from(checksumText(files)))
  return { report, files, zip: zipBundle(files, report.id) }
}

/** What would be written. */
function notWritten({ report, files, zip }: SentBundle, { out }: PublishRequest): Published {
  const folder = join(resolve(out), report.id)
  const sizes = new Map([...files].sort(byPath).map(([path, bytes]) => [path, bytes.length]))
  return { report, folder, zip: `${folder}.zip`, files: [...sizes.keys()], sizes, zipBytes: zip.length }
}

function byPath([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}

async function write(bundle: SentBundle, request: PublishRequest): Promise<Published> {
  const { files } = bundle
  const published = notWritten(bundle, request)
  const { folder } = published
  const partial = `${folder}.partial`
  await rm(partial, { recursive: true, force: true })
  for (const [path, bytes] of files) await writeFileAtomic(join(partial, path), bytes)
  await rm(folder, { recursive: true, force: true })
  await rename(partial, folder)
  await writeFileAtomic(published.zip, bundle.zip)
  return published
}
