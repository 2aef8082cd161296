/**
 * A planted run as each sort of partner gets it, and a search for planted names that shares nothing with the leak scan: every name
 * begins with letters that no text of ours has, so that its beginning is enough to find it.
 */
import { gunzipSync } from 'node:zlib'
import { bundleVocabulary, renderBundle } from '../../src/app/render-bundle.ts'
import { pageFrame } from '../../src/kit/inert-page.ts'
import type { MachineRecipe, PartnerReport } from '../../src/model/partner-report.ts'
import type { Partner } from '../../src/model/partners.ts'
import { RegistrationSchema } from '../../src/model/bundle.ts'
import { collectNames } from '../../src/publish/leak-scan/run-names.ts'
import { findLeaks } from '../../src/publish/leak-scan/scan.ts'
import { manifestText } from '../../src/publish/manifest.ts'
import { renderIndex, withReport } from '../../src/publish/partner-index.ts'
import { projectReport } from '../../src/publish/project-report.ts'
import { pseudonymsFor } from '../../src/publish/pseudonyms.ts'
import { commitmentsOf, registrationFor } from '../../src/publish/registration.ts'
import { statementsOn } from '../../src/publish/statements.ts'
import { OWN, plantedRun, randomFrom, RIVAL, SHOWN_AXIS, type PlantedRun } from './planted-run.ts'

const SECRET = 'a secret of the laboratory, thirty-two characters and more'
const DAY = '2026-11-28'

export interface PlantedBundle {
  readonly run: PlantedRun
  readonly partner: Partner
  readonly report: PartnerReport
  /** Texts of the run that partners.yaml lets this partner see. */
  readonly allowed: ReadonlySet<string>
}

/** The partner may see much or little: each permission by a coin of its own. */
export function plantedBundle(seed: number): PlantedBundle {
  const run = withOwnCard(plantedRun(seed))
  const random = randomFrom(seed ^ 0x5eed)
  const coin = (): boolean => random() < 0.5
  const some = <T>(list: readonly T[]): T[] => list.filter(coin)
  const cells = run.report.cells
  const checks = cells.flatMap(({ verdict }) => verdict.checksRun).slice(0, 1)
  const modules = cells
    .flatMap(({ verdict }) => verdict.symptoms)
    .flatMap(({ signature }) => signature.split('|')[3] ?? [])
    .slice(0, 1)
  const ownDrivers = run.report.health?.cards[0]?.footprint.drivers.slice(0, 1) ?? []
  const show: Partner['show'] = {
    ...(coin() ? { axes: [SHOWN_AXIS] } : {}),
    ...(coin() ? { checks } : {}),
    ...(coin() ? { symptoms: 'all' as const } : {}),
    details: some(['phase', 'milestone', 'code', 'module'] as const),
    numbers: coin() ? 'exact' : 'rounded',
    others: (['presence', 'class', 'pseudonym'] as const)[Math.floor(random() * 3)]!,
    reproduction: coin(),
    health: coin(),
    decision: coin(),
  }
  const partner: Partner = {
    name: 'own',
    title: 'Own Incorporated',
    products: [OWN],
    contact: 'compat@example.org',
    names: [...modules, ...ownDrivers],
    show,
  }
  const pseudonyms = pseudonymsFor(partner.name, SECRET)
  const images = new Map(cells.map(({ planned }) => [planned.image, imageOf(run, planned.image)]))
  const basis = { plan: run.plan, seed: run.report.run.seed, policySha256: run.gate.policySha256 }
  const report = projectReport({
    ...run,
    partner,
    publisher: 'Laboratory',
    pseudonymsFrom: 2,
    pseudonyms,
    issued: DAY,
    images,
    ...(seed % 8 === 1 ? { supersedes: 'report-1', withdrawnBecause: 'it was wrong' } : {}),
    ...(seed % 8 === 2 ? { only: cells[0]!.planned.id } : {}),
    ...(seed % 8 === 3
      ? {}
      : {
          registration: {
            commitments: commitmentsOf(basis, pseudonyms),
            asSigned: coin(),
            earlier: [{ run: pseudonyms.id('run', run.report.run.plan), result: 'inconclusive' as const }],
          },
        }),
  })
  return { run, partner, report, allowed: allowedTexts(run, partner, checks, modules, ownDrivers, images) }
}

/** The first card is that of the partner's product; of its drivers only the first is among his names. */
function withOwnCard(run: PlantedRun): PlantedRun {
  const { cards = [], ...health } = run.report.health ?? {}
  const [first, ...rest] = cards
  if (first === undefined) return run
  const own = { ...first, of: OWN, machines: 3 }
  return { ...run, report: { ...run.report, health: { ...health, cards: [own, ...rest] } } }
}

/** Title and build are what the lab file says of the image. */
function imageOf({ report }: PlantedRun, image: string): MachineRecipe['image'] {
  return { os: 'linux', kind: 'disk', title: image, build: { edition: report.matrix.title } }
}

function allowedTexts(
  { report, plan }: PlantedRun,
  { show = {} }: Partner,
  checks: readonly string[],
  modules: readonly string[],
  ownDrivers: readonly string[],
  images: ReadonlyMap<string, MachineRecipe['image']>,
): ReadonlySet<string> {
  const { title, release, kind, sha256 } = report.candidate
  const own = plan.products?.find(({ id }) => id === OWN)
  const axis = plan.axes.find(({ id }) => id === SHOWN_AXIS)
  return new Set(
    [
      title,
      release,
      kind,
      sha256,
      report.tool.version,
      own?.title,
      own?.release,
      ...(show.axes === undefined
        ? []
        : [
            axis?.title,
            ...(axis?.values ?? []).flatMap(({ id, title: of, spelling }) => [id, of, spelling]),
          ]),
      ...(show.checks === undefined ? [] : checks),
      ...(show.details?.includes('module') === true && show.symptoms === 'all' ? modules : []),
      ...(show.health === true ? ownDrivers : []),
      ...(show.others === 'class' ? (plan.products ?? []).map((product) => product.class) : []),
      ...(show.reproduction === true
        ? [
            ...[...images.values()].flatMap(({ title: of, build }) => [of, ...Object.values(build)]),
            ...report.cells.flatMap(({ planned }) => textsIn(planned.machine)),
          ]
        : []),
    ].filter((text) => text !== undefined),
  )
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** path → bytes: what is rendered, what is signed about it before it is put into envelopes, and the page over all reports. */
export async function filesOf({ run, partner, report }: PlantedBundle): Promise<Map<string, Buffer>> {
  const rendered = await renderBundle(report)
  const files = new Map(rendered.map(({ path, bytes }) => [path, Buffer.from(bytes)]))
  const manifest = manifestText(report.id, files)
  files.set('manifest.json', Buffer.from(manifest))
  for (const [path, statement] of statementsOn(report, manifest, 'p'))
    files.set(path, Buffer.from(JSON.stringify(statement)))
  const registration = registrationFor(
    partner,
    {
      plan: run.plan,
      seed: run.report.run.seed,
      policySha256: run.gate.policySha256,
      run: run.report.run.id,
      day: DAY,
      tool: run.report.tool.version,
      earlier: [{ run: run.report.run.plan, products: [OWN, RIVAL] }],
    },
    pseudonymsFor(partner.name, SECRET),
  )
  files.set('registration', Buffer.from(JSON.stringify(RegistrationSchema.parse(registration))))
  for (const [path, text] of renderIndex(withReport(undefined, report, Buffer.from(manifest))))
    files.set(`index/${path}`, Buffer.from(text))
  return files
}

export interface FoundName {
  readonly name: string
  /** Field of the run that it was planted into. */
  readonly place: string
  readonly path: string
}

/** Letters of a name that are enough to know it by. */
const BEGINNING = 6
const PLANTED = /zq[bcdfghjkmnpqrstvwxyz]{4,9}/g

/** Every planted name, or beginning of one, that stands in a file or its path; in clear, UTF-16, gzip, base64 or hexadecimal. */
export async function plantedIn(
  files: ReadonlyMap<string, Uint8Array>,
  names: ReadonlyMap<string, string>,
): Promise<FoundName[]> {
  const byBeginning = Map.groupBy(names.keys(), (name) => name.slice(0, BEGINNING).toLowerCase())
  const found: FoundName[] = []
  for (const [path, bytes] of files) {
    const seen = new Set<string>()
    for (const text of plainly(Buffer.concat([Buffer.from(`${path}\n`), await withoutFrame(bytes)])))
      for (const [hit] of text.toLowerCase().matchAll(PLANTED))
        for (const name of byBeginning.get(hit.slice(0, BEGINNING)) ?? [])
          if (hit.startsWith(name.toLowerCase()) || name.toLowerCase().startsWith(hit)) seen.add(name)
    for (const name of seen) found.push({ name, place: names.get(name) ?? '', path })
  }
  return found
}

/** A page without what is the same in every page. */
async function withoutFrame(bytes: Uint8Array): Promise<Buffer> {
  const [before = '', after = ''] = await (frame ??= pageFrame('report'))
  const page = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [head, tail] = [Buffer.from(before), Buffer.from(after)]
  if (!page.subarray(0, head.length).equals(head)) return page
  return page.subarray(head.length, page.length - tail.length)
}

let frame: Promise<readonly string[]> | undefined

function* plainly(bytes: Buffer): Generator<string> {
  const text = bytes.toString('latin1')
  yield text
  yield text.replaceAll('\0', '')
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{8,}/g))
    for (const start of [0, 1, 2, 3]) {
      const decoded = Buffer.from(run.slice(start), 'base64')
      if (start === 0 && decoded[0] === 0x1f && decoded[1] === 0x8b) yield* plainly(gunzipSync(decoded))
      yield decoded.toString('latin1')
    }
  for (const [run] of text.matchAll(/[0-9a-f]{12,}/gi))
    for (const start of [0, 1]) yield Buffer.from(run.slice(start), 'hex').toString('latin1')
}

/** What the leak scan finds in the bundle, and in the same report with a name of the run in it; `seed` draws the name. */
export async function scanOf(
  { run, partner, report, allowed }: PlantedBundle,
  seed: number,
): Promise<{ readonly found: string[]; readonly planted: string; readonly foundPlanted: string[] }> {
  const vocabulary = await bundleVocabulary()
  const known = { ...run, secrets: [], vocabulary, notSecret: [], others: [] }
  const collector = collectNames(known, partner, report)
  const documents = [run.plan, run.report, run.gate, run.matrix]
  for (const document of documents) collector.add(document)
  // Parts of a planted run that others took the place of are gone with their names.
  const text = JSON.stringify(documents)
  const names = [...run.names.keys()].filter((name) => !allowed.has(name) && text.includes(name))
  const planted = names[Math.floor(randomFrom(seed)() * names.length)] ?? ''
  const leaking = JSON.stringify({ ...report, contact: `ask about ${planted}` })
  const scan = (files: Parameters<typeof findLeaks>[0]): string[] =>
    findLeaks(files, collector.forbidden).map(({ path, name }) =>
      path === 'leaking' ? name : `${name} in ${path}`,
    )
  return {
    found: scan(await renderBundle(report)),
    planted,
    foundPlanted: scan([{ path: 'leaking', bytes: Buffer.from(leaking) }]),
  }
}
