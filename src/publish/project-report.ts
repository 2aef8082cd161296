/**
 * The report of one partner, by allow-list: built up from nothing, field by field, out of closed vocabularies, the partner's entry in
 * partners.yaml, and names that this entry allows. No text of a guest, a candidate's recipe or a lab passes.
 */
import { canonicalJson } from '../kit/hash.ts'
import type { Matrix } from '../model/matrix.ts'
import {
  RECOVERY_STEPS,
  type MachineRecipe,
  type EarlierResult,
  type PartnerCell,
  type PartnerReport,
  type PartnerSymptom,
} from '../model/partner-report.ts'
import type { Partner } from '../model/partners.ts'
import { MilestoneSchema, PhaseSchema } from '../model/phase.ts'
import type { Plan } from '../model/plan.ts'
import type { Gate, Report } from '../model/report.ts'
import type { Symptom } from '../model/symptom.ts'
import { isBlamed, type Verdict } from '../model/verdict.ts'
import { notLookedAt } from './not-looked-at.ts'
import type { Pseudonyms } from './pseudonyms.ts'

export interface Projection {
  readonly report: Report
  readonly gate: Gate
  readonly plan: Plan
  readonly matrix: Matrix
  readonly partner: Partner
  readonly publisher: string
  /** Products of others are told apart only where there are so many. */
  readonly pseudonymsFrom: number
  readonly pseudonyms: Pseudonyms
  /** `2026-11-28` */
  readonly issued: string
  readonly supersedes?: string
  /** Absent: the report is not withdrawn. */
  readonly withdrawnBecause?: string
  /** Images by id, as recipes tell them. */
  readonly images?: ReadonlyMap<string, MachineRecipe['image']>
  /** Id of the one cell that is shown: the report is a pack for a ticket. */
  readonly only?: string
  /** How the run stands to what was signed for this partner; absent: nothing was. */
  readonly registration?: PartnerReport['registration']
  /** Files of the bundle that a cell's evidence went to, by the cell's id. */
  readonly evidence?: ReadonlyMap<string, PartnerCell['evidence']>
}

type ReportedCell = Report['cells'][number]

const DAY_MS = 86_400_000
const DEFAULT_DAYS = 90

/** What the partner sees of a run. */
export function projectReport(projection: Projection): PartnerReport {
  const { report, gate, partner, pseudonyms, issued } = projection
  const withdrawn = projection.withdrawnBecause !== undefined
  const { only } = projection
  const mine = withdrawn
    ? []
    : partnerCells(report, partner).filter(({ planned }) => only === undefined || planned.id === only)
  const others = othersIn(projection, mine)
  const inPlan = new Set(projection.plan.cells.map(({ id }) => id))
  const cells = mine
    .map((cell) => ({
      ...partnerCell(cell, projection, others),
      ...(inPlan.has(cell.planned.id) ? {} : { added: true }),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const tried = (projection.registration?.earlier ?? []).map((earlier) => earlier.result)
  const found = resultOf(mine, report, tried)
  // One machine that worked says nothing of the others.
  const isCut = only !== undefined && found === 'compatible'
  const result = isCut ? 'inconclusive' : found
  const document: Omit<PartnerReport, 'schema' | 'id'> = {
    state: withdrawn ? 'withdrawn' : 'current',
    ...(projection.supersedes === undefined ? {} : { supersedes: projection.supersedes }),
    ...(projection.withdrawnBecause === undefined ? {} : { reason: projection.withdrawnBecause }),
    issued,
    expires: new Date(Date.parse(issued) + (partner.validDays ?? DEFAULT_DAYS) * DAY_MS)
      .toISOString()
      .slice(0, 10),
    tlp: partner.tlp ?? 'TLP:AMBER+STRICT',
    ...(partner.embargoUntil === undefined ? {} : { embargoUntil: partner.embargoUntil }),
    publisher: projection.publisher,
    audience: { name: partner.name, title: partner.title },
    contact: partner.contact,
    method: partner.method ?? '',
    tool: report.tool,
    run: runOf(report, pseudonyms),
    candidate: {
      title: report.candidate.title,
      release: report.candidate.release,
      kind: report.candidate.kind,
      sha256: report.candidate.sha256,
    },
    products: ownProducts(projection),
    axes: shownAxes(projection, mine, others),
    cells,
    ...(withdrawn
      ? { result: 'inconclusive', because: RESULTS.withdrawn }
      : { result, because: isCut ? RESULTS.packed : becauseOf(result, mine, report, tried) }),
    ...(partner.show?.decision === true && !withdrawn ? { decision: gate.decision } : {}),
    ...(report.drill === undefined || withdrawn
      ? {}
      : {
          drill: {
            hoursBefore: Math.round((report.run.startedAt - report.drill.startedAt) / 3_600_000),
            held: report.drill.covered.length,
            missed: report.drill.missed.length,
          },
        }),
    ...(withdrawn || only !== undefined ? {} : ownHealth(projection)),
    numbers: partner.show?.numbers ?? 'rounded',
    ...(partner.show?.reproduction === true && !withdrawn ? { settings: settingsOf(projection.plan) } : {}),
    ...(only === undefined ? {} : { pack: true }),
    ...(projection.registration === undefined ? {} : { registration: projection.registration }),
    notLookedAt: withdrawn
      ? []
      : notLookedAt(mine, {
          ...projection,
          isRegistered: projection.registration !== undefined,
          isPack: only !== undefined,
        }),
  }
  return {
    schema: 'ringzero/partner-report/1',
    id: pseudonyms.id('report', canonicalJson(document)),
    ...document,
  }
}

function runOf({ run }: Report, pseudonyms: Pseudonyms): PartnerReport['run'] {
  const { id, state, simulated, shard } = run
  return { id: pseudonyms.id('run', id), state, simulated, ...(shard === undefined ? {} : { part: true }) }
}

/** Cells in which a product of the partner is installed, in the order of the run. */
export function partnerCells({ cells }: Pick<Report, 'cells'>, { products }: Partner): ReportedCell[] {
  return cells.filter(({ planned }) => planned.products.some((id) => products.includes(id)))
}

/** How the products of others are told: product id → text; undefined: only that there are some. */
type Others = ReadonlyMap<string, string> | undefined

function othersIn({ plan, partner, pseudonyms, pseudonymsFrom }: Projection, cells: ReportedCell[]): Others {
  const how = partner.show?.others ?? 'presence'
  if (how === 'presence') return undefined
  const ids = new Set(cells.flatMap(({ planned }) => planned.products))
  const foreign = [...ids].filter((id) => !partner.products.includes(id))
  if (foreign.length < pseudonymsFrom) return undefined
  if (how === 'pseudonym') return new Map(foreign.map((id) => [id, pseudonyms.product(id)]))
  const classes = new Map(plan.products?.map((product) => [product.id, product.class]))
  return new Map(foreign.map((id) => [id, classes.get(id) ?? ANOTHER]))
}

const ANOTHER = 'another product'

function othersOf(products: readonly string[], { partner }: Projection, others: Others): string[] {
  const foreign = products.filter((id) => !partner.products.includes(id))
  const told = foreign.map((id) => others?.get(id) ?? ANOTHER)
  // How many there are is not told where they have no names.
  return [...new Set(told)].sort()
}

function ownProducts({ plan, partner }: Projection): PartnerReport['products'] {
  return partner.products
    .map((id) => {
      const planned = plan.products?.find((product) => product.id === id)
      return { title: planned?.title ?? id, release: planned?.release ?? '' }
    })
    .sort((a, b) => (a.title < b.title ? -1 : 1))
}

/**
 * The footprint of the partner's products. A part that only machines with his product have may still be another's, which is on all of
 * these machines, too: only what is among his names is told.
 */
function ownHealth({ report, plan, partner }: Projection): Pick<PartnerReport, 'health'> {
  if (partner.show?.health !== true) return {}
  const own = new Map((partner.names ?? []).map((name) => [name.toLowerCase(), name]))
  const told = (names: readonly string[]): string[] => [
    ...new Set(names.flatMap((name) => own.get(name.replace(ALTITUDE, '').toLowerCase()) ?? [])),
  ]
  const health = (report.health?.cards ?? [])
    .filter(({ of, machines }) => partner.products.includes(of) && machines > 0)
    .map(({ of, machines, footprint }) => ({
      title: plan.products?.find(({ id }) => id === of)?.title ?? of,
      machines: partner.show?.numbers === 'exact' ? machines : roundedDown(machines),
      footprint: {
        drivers: told(footprint.drivers),
        minifilters: told(footprint.minifilters),
        modules: told(footprint.modules),
        'filters-network': told(footprint['filters-network']),
      },
    }))
    .sort((a, b) => (a.title < b.title ? -1 : 1))
  return { health }
}

/** Behind the name of a file system filter. */
const ALTITUDE = / \d[\d.]*$/

/** A value of a shown axis: as it is, unless it brings a product that is not the partner's. */
function shownValue(
  axis: string,
  value: string,
  projection: Projection,
  others: Others,
): { readonly id: string; readonly title: string } {
  const { matrix, plan, partner } = projection
  const products = matrix.axes[axis]?.values.find(({ id }) => id === value)?.products ?? []
  if (products.some((id) => !partner.products.includes(id))) {
    const own = products.filter((id) => partner.products.includes(id))
    const title = [...own, ...othersOf(products, projection, others)].join(' with ')
    return { id: title, title }
  }
  const planned = plan.axes.find(({ id }) => id === axis)?.values.find(({ id }) => id === value)
  return { id: value, title: planned?.spelling ?? planned?.title ?? value }
}

function shownAxes(projection: Projection, cells: ReportedCell[], others: Others): PartnerReport['axes'] {
  const { plan, partner } = projection
  return (partner.show?.axes ?? []).flatMap((id) => {
    const axis = plan.axes.find((planned) => planned.id === id)
    if (axis === undefined) return []
    const values = new Map(
      cells.map(({ planned }) => {
        const value = shownValue(id, planned.configuration[id] ?? '', projection, others)
        return [value.id, value] as const
      }),
    )
    return [
      {
        id,
        title: axis.title ?? id,
        // Not in the order of the matrix, and only what the partner's cells have.
        values: [...values.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
      },
    ]
  })
}

function partnerCell(
  { planned, verdict }: ReportedCell,
  projection: Projection,
  others: Others,
): PartnerCell {
  const { plan, partner, pseudonyms, report } = projection
  const show = partner.show ?? {}
  const round = show.numbers === 'exact' ? (count: number): number => count : roundedDown
  const titles = new Map(plan.products?.map(({ id, title }) => [id, title]))
  const recovery = RECOVERY_STEPS.find((step) => step === verdict.recovery?.step)
  return {
    id: pseudonyms.id('cell', planned.id),
    values: Object.fromEntries(
      (show.axes ?? [])
        .filter((axis) => report.matrix.axes.some(({ id }) => id === axis))
        .map((axis) => [axis, shownValue(axis, planned.configuration[axis] ?? '', projection, others).id]),
    ),
    products: planned.products
      .filter((id) => partner.products.includes(id))
      .map((id) => titles.get(id) ?? id)
      .sort(),
    others: othersOf(planned.products, projection, others),
    outcome: verdict.outcome,
    blame: verdict.blame,
    because: cellBecause(verdict, partner),
    symptoms: verdict.symptoms.map((symptom) => partnerSymptom(symptom, partner)),
    attempts: { failing: round(verdict.failing), valid: round(verdict.valid) },
    discarded: round(Math.max(0, verdict.attempts.length - verdict.valid)),
    control: { failing: round(verdict.control.failing), valid: round(verdict.control.valid) },
    ...(recovery === undefined
      ? {}
      : { recovery: { step: recovery, broughtBack: verdict.recovery?.broughtBack ?? false } }),
    waived: verdict.waiver !== undefined,
    ...recipeOf(planned, projection),
    checks: (show.checks ?? []).filter((check) => verdict.checksRun.includes(check)).sort(),
    evidence: projection.evidence?.get(planned.id) ?? [],
  }
}

function settingsOf({ settings: { restarts, soakSeconds, repeats } }: Plan): PartnerReport['settings'] {
  return { restarts, soakSeconds, repeats }
}

/** Absent where the partner may not know it, or where nothing says what the image is. */
function recipeOf(
  { image, machine, products }: ReportedCell['planned'],
  { plan, partner, images }: Projection,
): Pick<PartnerCell, 'recipe'> {
  const told = images?.get(image)
  if (partner.show?.reproduction !== true || told === undefined) return {}
  const known = new Map(plan.products?.map((product) => [product.id, product]))
  return {
    recipe: {
      image: told,
      machine,
      products: products
        .filter((id) => partner.products.includes(id))
        .map((id) => ({ id, title: known.get(id)?.title ?? id, release: known.get(id)?.release ?? '' })),
    },
  }
}

function maySee(symptom: Symptom, { show }: Partner): boolean {
  return show?.symptoms === 'all' || (show?.symptoms ?? []).includes(symptom.class)
}

/** Module and code stand in the signature: `class|code|argument class|module|milestone`. */
function partnerSymptom(symptom: Symptom, partner: Partner): PartnerSymptom {
  if (!maySee(symptom, partner)) return { severity: symptom.severity }
  const details = new Set(partner.show?.details)
  const parts = symptom.signature.split('|')
  const own = new Map((partner.names ?? []).map((name) => [name.toLowerCase(), name]))
  const phase = PhaseSchema.safeParse(symptom.phase)
  const milestone = MilestoneSchema.safeParse(symptom.milestone)
  const code = parts.find((part) => /^0x[0-9a-f]{1,8}$/i.test(part))
  const module = parts.map((part) => own.get(part.toLowerCase())).find((name) => name !== undefined)
  return {
    class: symptom.class,
    severity: symptom.severity,
    ...(details.has('phase') && phase.success ? { phase: phase.data } : {}),
    ...(details.has('milestone') && milestone.success ? { milestone: milestone.data } : {}),
    ...(details.has('code') && code !== undefined ? { code: code.toLowerCase() } : {}),
    ...(details.has('module') && module !== undefined ? { module } : {}),
  }
}

const OUTCOME_SENTENCES: Readonly<Record<Verdict['outcome'], string>> = {
  pass: 'It worked: nothing was seen that the same machine without the candidate does not show.',
  warn: 'It worked, with something that is worth a look',
  fail: 'It failed',
  inconclusive: 'Nothing can be said: what was seen does not suffice for a verdict.',
  'not-run': 'It was not tested.',
}

/** Never whose fault a failure is, where only the whole configuration was tried: "with" is what was seen. */
function cellBecause(verdict: Verdict, partner: Partner): string {
  const sentence = OUTCOME_SENTENCES[verdict.outcome]
  if (sentence.endsWith('.')) return sentence
  const named = [...new Set(verdict.symptoms.filter((one) => maySee(one, partner)).map((one) => one.class))]
  const what = named.length === 0 ? '' : `: ${named.sort().join(', ')}`
  const cause = verdict.blame === 'candidate' || verdict.blame === 'pre-existing' ? verdict.blame : 'unknown'
  return `${sentence}${CAUSES[cause]}${what}.`
}

const CAUSES = {
  candidate: ' with the candidate, and not on the same machine without it',
  'pre-existing': ', and it does so without the candidate, too',
  unknown: ', and the cause is not known',
} as const

/** `tried`: what earlier runs of the same candidate showed. What failed in one of them did not work, whatever this one shows. */
export function resultOf(
  cells: readonly ReportedCell[],
  { run }: Report,
  tried: readonly EarlierResult[],
): PartnerReport['result'] {
  if (cells.some(({ verdict }) => isBlamed(verdict))) return 'incompatible'
  const worked = cells.every(({ verdict }) => verdict.outcome === 'pass' || verdict.outcome === 'warn')
  const whole = run.state === 'complete' && !run.simulated && run.shard === undefined
  const failedBefore = tried.some((earlier) => earlier === 'incompatible' || earlier === 'unknown')
  return cells.length > 0 && worked && whole && !failedBefore ? 'compatible' : 'inconclusive'
}

const RESULTS = {
  none: 'No machine of this run had one of your products.',
  incompatible: 'At least one machine with your products failed with the candidate and not without it.',
  compatible: 'Every machine with your products worked as it does without the candidate.',
  simulated: 'All machines were simulated: nothing was tried on a real one.',
  unfinished: 'The run has not come to its end.',
  part: 'A part of the plan was run: this says nothing of the machines of the other parts.',
  packed: 'This machine worked; a pack of one machine says nothing of the others.',
  failedBefore:
    'Every machine with your products worked this time; in an earlier run of the same candidate at least one failed.',
  lostBefore:
    'Every machine with your products worked this time; of an earlier run of the same candidate nothing is left.',
  open: 'At least one machine with your products has no verdict, or fails without the candidate, too.',
  withdrawn: 'This report was withdrawn.',
} as const

function becauseOf(
  result: PartnerReport['result'],
  cells: readonly ReportedCell[],
  { run }: Report,
  tried: readonly EarlierResult[],
): string {
  if (cells.length === 0) return RESULTS.none
  if (result !== 'inconclusive') return RESULTS[result]
  if (run.simulated) return RESULTS.simulated
  if (run.state !== 'complete') return RESULTS.unfinished
  const worked = cells.every(({ verdict }) => verdict.outcome === 'pass' || verdict.outcome === 'warn')
  if (!worked) return RESULTS.open
  if (run.shard !== undefined) return RESULTS.part
  return tried.includes('incompatible') ? RESULTS.failedBefore : RESULTS.lostBefore
}

/** Every sentence that this file can write, for whoever must know the words that stand in every report. */
export const REPORT_SENTENCES: readonly string[] = [
  ...Object.values(OUTCOME_SENTENCES),
  ...Object.values(CAUSES),
  ...Object.values(RESULTS),
  ANOTHER,
  ' with ',
]

/** The largest of 0, 1, 2, 5, 10, 20, 50 … that is not larger: a count of attempts must not tell two runs apart. */
export function roundedDown(count: number): number {
  let step = 0
  for (let unit = 1; unit <= count; unit *= 10)
    for (const factor of [1, 2, 5]) if (unit * factor <= count) step = unit * factor
  return step
}
