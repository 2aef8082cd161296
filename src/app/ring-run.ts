/** `ringzero rings`: from a run and the fleet to the rings of a deployment; with what the field saw, to the next step. */
import { loadFleet, loadObserved } from '../inputs/load-fleet.ts'
import { failureRateBounds } from '../judge/statistics/failure-rate.ts'
import { systemClock } from '../kit/clock.ts'
import { AppError } from '../model/errors.ts'
import type { Policy } from '../model/policy.ts'
import type { Report } from '../model/report.ts'
import type { RingPlan } from '../model/rings.ts'
import { isBlamed, isDecided } from '../model/verdict.ts'
import { readRunInputs } from '../record/run-inputs.ts'
import { decideRing } from '../rings/decide-ring.ts'
import { fleetClasses, labTries, type LabCell } from '../rings/fleet-classes.ts'
import { planRings, type RingSettings } from '../rings/plan-rings.ts'
import { judgeRun } from './judge-run.ts'

export interface RingRequest extends RingSettings {
  readonly runFolder: string
  readonly fleet: string
  /** Under which the run is judged and its gate decides. */
  readonly policy: Policy
  /** Reports of the rings so far, in their order; empty: nothing is decided. */
  readonly observed: readonly string[]
}

/** Values of a fault that are looked at together. */
const FAULT_VALUES = 3

/** @throws AppError RUN_UNREADABLE, RUN_IS_SHARD, INPUT_MISSING, INPUT_INVALID, USAGE (user), JOURNAL_DAMAGED */
export async function ringRun(request: RingRequest): Promise<RingPlan> {
  const { runFolder, budget, rate } = request
  const { matrix } = await readRunInputs(runFolder)
  const { report, gate } = await judgeRun(runFolder, request.policy, systemClock.now())
  if (report.run.shard !== undefined)
    throw new AppError('RUN_IS_SHARD', 'user', `run ${report.run.id} is one shard of a plan`, {
      hint: 'merge the shards, and give the merged run',
    })
  const fleet = await loadFleet(request.fleet, matrix)
  const cells = labCells(report)
  const suspects = report.suspects.filter(({ support }) => support !== 'possible').map(({ values }) => values)
  const classes = fleetClasses(fleet, cells, suspects, failureRateBounds)
  const { rings, worstExpected, hours } = planRings(
    classes,
    labTries(cells, FAULT_VALUES),
    request,
    failureRateBounds,
  )
  if (request.observed.length > rings.length)
    throw new AppError(
      'USAGE',
      'user',
      `the plan has ${rings.length} rings, and ${request.observed.length} were observed`,
      {
        hint: 'give one --observed for each ring that has the update, in their order',
      },
    )
  const observed = await Promise.all(request.observed.map((file) => loadObserved(file, matrix)))
  const decision =
    observed.length === 0
      ? {}
      : { decision: decideRing(rings, observed, budget, gate.decision, failureRateBounds) }
  return {
    schema: 'ringzero/rings/1',
    run: report.run.id,
    simulated: report.run.simulated,
    gate: gate.decision,
    candidate: {
      id: report.candidate.id,
      release: report.candidate.release,
      sha256: report.candidate.sha256,
    },
    fleet: fleet.length,
    budget,
    rate,
    worstExpected,
    hours,
    rings: [...rings],
    configurations: classes.map((entry) => ({
      ...entry,
      unseen: [...entry.unseen],
      recovery: [...entry.recovery],
    })),
    heldBack: classes.reduce((sum, { lab, machines }) => sum + (lab === 'failed' ? machines : 0), 0),
    watch: watchList(report),
    warnings: warningsOf(report, gate.decision, worstExpected, budget),
    ...decision,
  }
}

function labCells({ cells, run }: Report): LabCell[] {
  // What was simulated was never seen.
  if (run.simulated) return []
  return cells
    .filter(({ verdict }) => isDecided(verdict))
    .map(({ planned, verdict }) => ({
      configuration: planned.configuration,
      failed: isBlamed(verdict),
      valid: verdict.valid,
      recovery: recoveryOf(verdict),
    }))
}

/** Proven steps: what brought a broken machine back, and a rollback that a check found complete on a machine that worked. */
function recoveryOf({
  outcome,
  recovery,
  checksRun,
  attempts,
}: Report['cells'][number]['verdict']): string[] {
  const rolledBack =
    outcome === 'pass' &&
    checksRun.includes('rollback-complete') &&
    attempts.some(({ phases }) => phases.some(({ phase, end }) => phase === 'rollback' && end === 'done'))
  return [...(rolledBack ? ['rollback'] : []), ...(recovery?.broughtBack === true ? [recovery.step] : [])]
}

function watchList({ cells }: Report): string[] {
  const seen = new Set(cells.flatMap(({ verdict }) => verdict.symptoms.map(({ class: name }) => name)))
  return [
    'machines that do not report: a machine that no longer starts says nothing',
    'restarts and crashes after the update, and whether the update is there',
    ...[...seen].toSorted().map((name) => `${name}: the run showed it`),
  ]
}

function warningsOf(report: Report, gate: RingPlan['gate'], worst: number, budget: number): string[] {
  return [
    ...(report.run.simulated
      ? ['the run was simulated: nothing of it counts as seen; this plan is a rehearsal']
      : []),
    ...(gate === 'release'
      ? []
      : [`the gate says ${gate}: nothing should be deployed before that is settled`]),
    ...(worst > budget
      ? [
          `no plan keeps the worst fault within the budget: ${worst.toFixed(1)} machines are expected to break; test more, or allow more`,
        ]
      : []),
  ]
}
