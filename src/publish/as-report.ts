/**
 * A partner's report in the form that page, JUnit and Markdown are made of. It is made from the partner's report alone, so that no
 * rendering can reach anything else.
 */
import type { HealthCard } from '../model/health.ts'
import type { PartnerCell, PartnerReport, PartnerSymptom } from '../model/partner-report.ts'
import type { Gate, Report } from '../model/report.ts'
import type { Symptom } from '../model/symptom.ts'
import type { Verdict } from '../model/verdict.ts'

const STAGE = 'all'
const PRODUCTS_AXIS = 'your-products'
const OTHERS_AXIS = 'others'
const NONE = 'none'
const STAGE_STATES = { release: 'passed', hold: 'failed', inconclusive: 'inconclusive' } as const
const DECISIONS = { compatible: 'release', incompatible: 'hold', inconclusive: 'inconclusive' } as const

/** Report and decision as the reporters take them; the decision is that on the partner's cells. */
export function asReport(partner: PartnerReport): { readonly report: Report; readonly gate: Gate } {
  const at = Date.parse(partner.issued)
  const decision = DECISIONS[partner.result]
  const cells = partner.cells.map((cell) => reportedCell(cell))
  const report: Report = {
    schema: 'ringzero/report/1',
    tool: partner.tool,
    run: {
      id: partner.run.id,
      plan: '',
      seed: 0,
      startedAt: at,
      state: partner.run.state,
      simulated: partner.run.simulated,
      sessions: 1,
    },
    matrix: { id: partner.audience.name, title: partner.audience.title, axes: axesOf(partner) },
    candidate: { id: partner.candidate.title, ...partner.candidate, files: [] },
    stages: [
      {
        id: STAGE,
        title: 'All machines with your products',
        state: STAGE_STATES[decision],
        cells: partner.cells.map(({ id }) => id),
      },
    ],
    cells,
    controls: [],
    counts: countsOf(partner.cells),
    suspects: [],
    coverage: { planned: [], judged: [], fleetShare: 0, gaps: partner.notLookedAt },
    hosts: [],
    ...(partner.health === undefined ? {} : { health: { cards: partner.health.map(healthCard) } }),
    evidence: [],
    notes: notesOf(partner),
  }
  const gate: Gate = {
    schema: 'ringzero/gate/1',
    policy: 'every machine with your products works',
    policySha256: '',
    decision,
    because: partner.because,
    rules: [],
    waivers: [],
  }
  return { report, gate }
}

function healthCard({
  title,
  machines,
  footprint,
}: NonNullable<PartnerReport['health']>[number]): HealthCard {
  const nothing = { drivers: [], minifilters: [], modules: [], 'filters-network': [] }
  return { of: title, title, machines, footprint, gone: nothing, autostarts: [], costs: [], recovery: [] }
}

function axesOf({ axes, cells }: PartnerReport): Report['matrix']['axes'] {
  const texts = (
    of: (cell: PartnerCell) => readonly string[],
  ): { id: string; title: string; weight: number }[] =>
    [...new Set(cells.map((cell) => joined(of(cell))))]
      .sort()
      .map((text) => ({ id: text, title: text, weight: 1 }))
  return [
    ...axes.map(({ id, title, values }) => ({
      id,
      title,
      values: values.map((value) => ({ ...value, weight: 1 })),
    })),
    { id: PRODUCTS_AXIS, title: 'Your products', values: texts(({ products }) => products) },
    { id: OTHERS_AXIS, title: 'Products of others', values: texts(({ others }) => others) },
  ]
}

function joined(texts: readonly string[]): string {
  return texts.length === 0 ? NONE : texts.join(' with ')
}

function reportedCell(cell: PartnerCell): Report['cells'][number] {
  return {
    planned: {
      id: cell.id,
      stage: STAGE,
      configuration: {
        ...cell.values,
        [PRODUCTS_AXIS]: joined(cell.products),
        [OTHERS_AXIS]: joined(cell.others),
      },
      // What follows is not told: no rendering shows it.
      machine: { cpu: { count: 1 }, memoryMiB: 64 },
      image: '',
      os: 'windows',
      products: [],
      provider: '',
      purpose: '',
      controlKey: '',
      expectedSeconds: 0,
    },
    verdict: verdictOf(cell),
  }
}

function verdictOf(cell: PartnerCell): Verdict {
  return {
    cell: cell.id,
    outcome: cell.outcome,
    blame: cell.blame,
    because: cell.because,
    symptoms: cell.symptoms.flatMap((symptom) => symptomOf(symptom)),
    preExisting: [],
    failing: cell.attempts.failing,
    valid: cell.attempts.valid,
    // Bounds of a rate need exact numbers.
    rateLow: 0,
    rateHigh: 1,
    control: { ...cell.control, cached: false, attempts: [] },
    attempts: [],
    ...(cell.recovery === undefined ? {} : { recovery: cell.recovery }),
    checksRun: cell.checks,
    blind: [],
  }
}

function symptomOf(symptom: PartnerSymptom): Symptom[] {
  const { class: name, severity, phase, milestone, code, module } = symptom
  if (name === undefined) return []
  const details = [
    ...(code === undefined ? [] : [`code ${code}`]),
    ...(module === undefined ? [] : [`module ${module}`]),
    ...(phase === undefined ? [] : [`in phase ${phase}`]),
    ...(milestone === undefined ? [] : [`the start reached ${milestone}`]),
  ].join(', ')
  const seen = details === '' ? name : details
  return [
    {
      class: name,
      severity,
      summary: details === '' ? name : `${name}: ${details}`,
      seen,
      expected: 'as without the candidate',
      phase: phase ?? '',
      ...(milestone === undefined ? {} : { milestone }),
      signature: [name, code ?? '', module ?? '', milestone ?? ''].join('|'),
      evidence: [],
    },
  ]
}

function countsOf(cells: readonly PartnerCell[]): Report['counts'] {
  const counts = { pass: 0, warn: 0, fail: 0, inconclusive: 0, 'not-run': 0 }
  for (const { outcome } of cells) counts[outcome] += 1
  return counts
}

function notesOf(partner: PartnerReport): string[] {
  const { tlp, embargoUntil, publisher, contact, method, decision, supersedes, reason } = partner
  return [
    `${tlp}, for ${partner.audience.title}, from ${publisher}; issued ${partner.issued}, good until ${partner.expires}`,
    ...(embargoUntil === undefined
      ? []
      : [`Embargo until ${embargoUntil}: do not pass it on before that day`]),
    ...(supersedes === undefined
      ? []
      : [
          reason === undefined
            ? `It takes the place of ${supersedes}`
            : `It withdraws ${supersedes}: ${reason}`,
        ]),
    ...(decision === undefined ? [] : [`The decision on the whole release is ${decision}`]),
    ...(partner.drill === undefined
      ? []
      : [
          `The gate was rehearsed ${partner.drill.hoursBefore} hours before the run: ${partner.drill.held} of ${partner.drill.held + partner.drill.missed} classes of known failures were held for the right reason`,
        ]),
    ...(partner.registration === undefined
      ? []
      : [
          'The plan was signed for you before the run began, in statements/registration.sigstore.json',
          ...partner.registration.earlier.map(
            ({ run, result }) => `Before this run the same candidate was tried in ${run}: ${result}`,
          ),
        ]),
    ...(partner.numbers === 'rounded'
      ? ['Numbers of attempts are rounded down to 1, 2, 5, 10, 20, 50 and so on']
      : []),
    `Questions: ${contact}`,
    ...(method === '' ? [] : [method]),
  ]
}
