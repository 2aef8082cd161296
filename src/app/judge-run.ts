/** A run folder → report and gate decision. Needs no machine, no lab and no plugin, today or in a year. */
import { configurationText } from '../model/configuration-text.ts'
import type { Instant } from '../kit/clock.ts'
import { blocking } from '../kit/blocking.ts'
import { hashJson } from '../kit/hash.ts'
import { boundHeapGrowth } from '../kit/heap-growth.ts'
import { pauser } from '../kit/pause.ts'
import { decideGate } from '../judge/gate.ts'
import type { Matrix } from '../model/matrix.ts'
import type { Plan } from '../model/plan.ts'
import type { Policy } from '../model/policy.ts'
import type { Gate, Report } from '../model/report.ts'
import type { RunState } from '../model/run-state.ts'
import { isDecided } from '../model/verdict.ts'
import { measureCoverage } from '../plan/coverage.ts'
import { fleetCoverage } from '../plan/fleet-coverage.ts'
import { withoutValues } from '../plan/withheld-values.ts'
import { boundedCards } from '../report/bounded-cards.ts'
import { buildReport, type ReportParts } from '../report/build-report.ts'
import { drillSentence, standingOf } from '../drill/standing.ts'
import { readRunDrills } from '../record/run-drills.ts'
import { readRunPlan } from '../record/run-plan.ts'
import { JournalJudge } from './judge-journal.ts'
import { candidateTitle } from './read-health.ts'
import { readRunInputs } from '../record/run-inputs.ts'
import { suspectsOf } from './run-suspects.ts'

export interface JudgedRun {
  readonly plan: Plan
  /** Without what the attempts saw. */
  readonly state: RunState
  readonly report: Report
  readonly gate: Gate
}

/** Untested combinations that a report lists by name. */
const LISTED_GAPS = 10

/**
 * Judges the journal of a run folder under a policy. `at` is the day on which waivers must still be good; `judge` is one that was
 * told of all events already.
 * @throws AppError RUN_UNREADABLE (user), JOURNAL_DAMAGED; the signal's reason
 */
export async function judgeRun(
  runFolder: string,
  policy: Policy,
  at: Instant,
  { judge, signal }: { readonly judge?: JournalJudge; readonly signal?: AbortSignal } = {},
): Promise<JudgedRun> {
  const given = await judge?.settled(signal)
  const [plan, inputs] = await Promise.all([given?.plan ?? readRunPlan(runFolder), readRunInputs(runFolder)])
  const { matrix, candidate } = inputs
  const pause = pauser(signal)
  // A policy that was edited since the run began may have other budgets.
  const fits = given !== undefined && hashJson(given.budgets) === hashJson(policy.budgets ?? [])
  const journal = fits && judge !== undefined ? judge : await readWhole(plan, runFolder, policy, signal)
  const told = await journal.settled(signal)
  const { state } = told
  const { cells, controls } = told.judge(policy, at)
  await pause()
  const suspects = blocking(() => suspectsOf(matrix, cells))
  await pause()
  const coverage = blocking(() => coverageOf(matrix, plan, [...cells]))
  await pause()
  const drill = standingOf(await readRunDrills(runFolder), {
    matrixSha256: hashJson(matrix),
    labSha256: plan.inputs.find(({ role }) => role === 'lab')?.sha256,
    policySha256: hashJson(policy),
    tool: state.toolVersion,
    startedAt: state.startedAt,
  })
  const report = buildReport({
    plan,
    state,
    cells: [...cells],
    controls: [...controls],
    suspects,
    candidate: {
      id: candidate.id,
      title: candidate.title ?? candidate.id,
      release: candidate.release,
      kind: candidate.kind,
      sha256: inputs.candidateSha256,
      files: candidate.files.map(({ path, sha256 }) => ({ path, sha256 })),
    },
    coverage,
    notes: [
      ...foreignAttempts(plan, state),
      ...unequalImages(plan, state),
      drillSentence(drill, state.startedAt),
    ],
    ...(drill === undefined ? {} : { drill }),
    health: { cards: boundedCards(journal.health(candidateTitle(candidate))) },
  })
  return { plan, state, report, gate: decideGate(report, policy, at) }
}

async function readWhole(
  plan: Plan,
  runFolder: string,
  policy: Policy,
  signal: AbortSignal | undefined,
): Promise<JournalJudge> {
  boundHeapGrowth(plan.cells.length)
  const judge = new JournalJudge(plan, runFolder, policy)
  await judge.read(signal)
  return judge
}

/**
 * Combinations on cells with a verdict, of those that could be tested; the fleet share is that of machines whose
 * combinations all worked, of the whole fleet.
 */
export function coverageOf(matrix: Matrix, plan: Plan, cells: Report['cells']): ReportParts['coverage'] {
  const judged = cells.filter(({ verdict }) => isDecided(verdict))
  const strengths = [...new Set([...plan.coverage.map(({ strength }) => strength), plan.strength])].sort(
    (a, b) => a - b,
  )
  const measured = measureCoverage(
    withoutValues(matrix, plan.withheld ?? []),
    judged.map(({ planned }) => planned.configuration),
    { strengths, uncoveredLimit: LISTED_GAPS },
  )
  const pairs = measured.strengths.find(({ strength }) => strength === 2)?.perAxes
  const worked = judged.filter(({ verdict }) => verdict.outcome !== 'fail')
  return {
    judged: measured.strengths.map(({ strength, covered, feasible, infeasible }) => ({
      strength,
      covered,
      feasible,
      infeasible,
    })),
    ...(pairs === undefined
      ? {}
      : { pairs: pairs.map(({ axes, feasible, covered }) => ({ axes: [...axes], feasible, covered })) }),
    fleetShare: fleetCoverage(
      matrix,
      worked.map(({ planned }) => planned.configuration),
      { strength: plan.strength, seed: plan.seed },
    ).share,
    untested: (judged.length === 0 ? [] : measured.uncovered)
      .slice(0, LISTED_GAPS)
      .map((values) => `Not seen on a cell with a verdict: ${configurationText(values, ' with ')}.`),
  }
}

/** Attempts of cells that the plan does not know prove nothing; they are told, since they mean a foreign journal. */
function foreignAttempts(plan: Plan, state: RunState): string[] {
  const known = new Set([...plan.cells, ...state.addedCells].map(({ id }) => id))
  const foreign = state.attempts.filter(({ cell }) => !known.has(cell)).length
  return [
    ...(foreign === 0
      ? []
      : [`${foreign} attempts belong to cells that the plan does not have; they were left out`]),
    ...(state.plan !== '' && state.plan !== plan.id
      ? [
          `the journal was written for another plan (${state.plan.slice(0, 12)}) than plan.json (${plan.id.slice(0, 12)})`,
        ]
      : []),
  ]
}

/** Runners build their images themselves: what differs in them may differ between cells. A cell and its control start from one. */
function unequalImages(plan: Plan, { attempts, shards }: RunState): string[] {
  if (shards.length === 0) return []
  const imageOf = new Map(plan.cells.map(({ id, image }) => [id, image]))
  const contents = new Map<string, Set<string>>()
  for (const { cell, imageSha256 } of attempts) {
    const image = imageOf.get(cell)
    if (image === undefined || imageSha256 === undefined) continue
    contents.set(image, (contents.get(image) ?? new Set()).add(imageSha256))
  }
  return [...contents].flatMap(([image, { size }]) =>
    size < 2 ? [] : [`image ${image} was ${size} different disks on the runners: each had built its own`],
  )
}
