/** Plants seeded random faults, runs the pairwise plan, isolates with up to ten further cells, and counts how often the truth is named. */
import { findSuspects } from '../../../src/judge/suspects/find-suspects.ts'
import { equivalentUnder } from '../../../src/judge/suspects/equivalent-combinations.ts'
import type { ObservedCell } from '../../../src/judge/suspects/observed-cell.ts'
import { seededRandom } from '../../../src/kit/random.ts'
import type { Configuration, Matrix } from '../../../src/model/matrix.ts'
import { allRows } from '../../../src/plan/covering/all-rows.ts'
import { nextIsolationCell } from '../../../src/plan/isolate.ts'
import { matrixModel } from '../../../src/plan/matrix-model.ts'
import type { MatrixModel } from '../../../src/plan/matrix-model.ts'
import { planConfigurations } from '../../../src/plan/plan-configurations.ts'
import { formatTable } from './format-table.ts'
import { referenceFolder, referenceMatrix, referenceModel } from './reference-models.ts'

const MODELS = ['windows-small', 'windows-real', 'cit-spin-s', 'ibm-healthcare3']
const ISOLATION_CELLS = 10

interface Campaign {
  readonly size: number
  readonly culprits: number
  readonly faults: number
  /** Chance that a run of a cell with a culprit fails. */
  readonly rate: number
  /** Share of detected faults that must be named first (one culprit) or named together (two). */
  readonly target: number
}

/** 4 models × 250 faults = 1,000. */
const CAMPAIGNS: readonly Campaign[] = [
  { size: 1, culprits: 1, faults: 50, rate: 1, target: 0.95 },
  { size: 2, culprits: 1, faults: 70, rate: 1, target: 0.95 },
  { size: 3, culprits: 1, faults: 70, rate: 1, target: 0.85 },
  { size: 2, culprits: 2, faults: 60, rate: 1, target: 0.8 },
]

interface Outcome {
  readonly detected: boolean
  readonly named: boolean
  readonly cells: number
}

/** `share` of the 1,000 faults (default all), on the models named (default four). */
export async function benchSuspects(
  share = 1,
  models: readonly string[] = MODELS,
): Promise<{ name: string; passed: boolean; lines: readonly string[] }> {
  const name = 'suspects: who is to blame, with up to ten further cells'
  const folder = referenceFolder()
  if (folder === undefined)
    return { name, passed: false, lines: ['skipped: RINGZERO_REFERENCE_DATA is not set'] }
  const rows: string[][] = [['model', 'cells', 'faults', 'detected', 'named', 'target', 'further cells']]
  const totals = new Map<Campaign, { detected: number; named: number }>()
  for (const model of models) {
    const matrix = referenceMatrix(referenceModel(folder, model))
    const plan = planConfigurations(matrix, { seed: 1, effort: 1 })
    const cells = plan.stages.flatMap((stage) => stage.cells.map((cell) => cell.configuration))
    for (const campaign of CAMPAIGNS) {
      const outcomes = runCampaign(matrix, cells, { ...campaign, faults: Math.ceil(share * campaign.faults) })
      const detected = outcomes.filter((outcome) => outcome.detected)
      const named = detected.filter((outcome) => outcome.named).length
      const sum = totals.get(campaign) ?? { detected: 0, named: 0 }
      totals.set(campaign, { detected: sum.detected + detected.length, named: sum.named + named })
      const further =
        detected.reduce((total, outcome) => total + outcome.cells, 0) / Math.max(1, detected.length)
      rows.push([
        model,
        String(cells.length),
        describe(campaign),
        percent(detected.length, outcomes.length),
        percent(named, detected.length),
        `${100 * campaign.target} %`,
        further.toFixed(1),
      ])
    }
  }
  let passed = true
  for (const [campaign, { detected, named }] of totals) {
    passed &&= named >= campaign.target * detected
    rows.push(['all', '', describe(campaign), '', percent(named, detected), `${100 * campaign.target} %`, ''])
  }
  return { name, passed, lines: formatTable(rows) }
}

function describe(campaign: Campaign): string {
  return `${campaign.faults} × ${campaign.culprits} of ${campaign.size}`
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(0)} %`
}

function runCampaign(matrix: Matrix, plan: readonly Configuration[], campaign: Campaign): Outcome[] {
  const model = matrixModel(matrix)
  const random = seededRandom(1000 * campaign.size + campaign.culprits)
  const machines = allMachines(model)
  return Array.from({ length: campaign.faults }, (_, at) => {
    const culprits = Array.from({ length: campaign.culprits }, () => plant(model, campaign.size, random))
    return isolate(matrix, model, plan, culprits, campaign.rate, at, machines)
  })
}

/** A random feasible combination of `size` values. */
function plant(model: MatrixModel, size: number, random: () => number): Configuration {
  for (;;) {
    const axes = new Set<number>()
    while (axes.size < size) axes.add(Math.floor(random() * model.vocabulary.length))
    const symbols = [...axes].map(
      (axis) => model.model.offsets[axis]! + Math.floor(random() * model.model.levels[axis]!),
    )
    if (!model.solver.extendable(symbols)) continue
    return Object.fromEntries(
      [...axes].map((axis, at) => {
        const { id, values } = model.vocabulary[axis]!
        return [id, values[symbols[at]! - model.model.offsets[axis]!]!.id]
      }),
    )
  }
}

function isolate(
  matrix: Matrix,
  model: MatrixModel,
  plan: readonly Configuration[],
  culprits: readonly Configuration[],
  rate: number,
  seed: number,
  machines: readonly Configuration[],
): Outcome {
  const random = seededRandom(seed)
  const run = (configuration: Configuration): ObservedCell => {
    const hit = culprits.some((culprit) => holds(configuration, culprit))
    return { configuration, failures: hit && random() < rate ? 1 : 0, runs: 1 }
  }
  const observed = plan.map(run)
  const detected = observed.some((cell) => cell.failures > 0)
  const options = {
    axes: Object.fromEntries(model.vocabulary.map((axis) => [axis.id, axis.values.map((value) => value.id)])),
    feasible: (partial: Configuration) =>
      model.solver.extendable(Object.entries(partial).map(([axis, value]) => model.symbolOf(axis, value))),
  }
  let report = findSuspects(observed, options)
  let cells = 0
  const budget = detected ? ISOLATION_CELLS : 0
  while (cells < budget) {
    const next = nextIsolationCell(matrix, {
      explanations: report.explanations,
      failing: observed.filter((cell) => cell.failures > 0).map((cell) => cell.configuration),
      tried: observed.map((cell) => cell.configuration),
      seed: seed + cells,
    })
    if (next === undefined) break
    observed.push(run(next.configuration))
    cells += 1
    report = findSuspects(observed, options)
  }
  const first = report.suspects.slice(0, culprits.length)
  const listed = culprits.every((culprit) =>
    first.some((suspect) => equivalentUnder(suspect.values, culprit, options.axes, options.feasible)),
  )
  const named = listed || agrees(culprits, report.explanations[0]?.culprits ?? [], machines)
  return { detected, named, cells }
}

/**
 * Whether the explanation fails on exactly the machines that the planted faults fail on: in a small matrix two faults
 * can be one simpler fault (every value of an axis together is no axis at all), and then that is the right answer.
 */
function agrees(
  truth: readonly Configuration[],
  explanation: readonly Configuration[],
  machines: readonly Configuration[],
): boolean {
  const fails = (machine: Configuration, culprits: readonly Configuration[]): boolean =>
    culprits.some((culprit) => holds(machine, culprit))
  return (
    machines.length > 0 && machines.every((machine) => fails(machine, truth) === fails(machine, explanation))
  )
}

/** All machines of a small matrix; none of one with more than 20,000, where faults that are equal on all of them are the same. */
function allMachines(model: MatrixModel): readonly Configuration[] {
  return (allRows(model.solver, 20_000) ?? []).map((row) => model.toConfiguration(row))
}

function holds(configuration: Configuration, part: Configuration): boolean {
  return Object.entries(part).every(([axis, value]) => configuration[axis] === value)
}
