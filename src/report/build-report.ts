/** Everything that may be said about a run, from plan, journal and verdicts. Pure; every rendering is made from this alone. */
import type { CoverageAt, Plan } from '../model/plan.ts'
import type { Report, Suspect } from '../model/report.ts'
import type { RunState } from '../model/run-state.ts'
import { shardText } from '../model/shard-text.ts'
import { stageEnd } from '../model/stage-end.ts'
import type { Outcome } from '../model/verdict.ts'
import { coverageGaps } from './coverage-gaps.ts'

export interface ReportParts {
  readonly plan: Plan
  readonly state: RunState
  /** One for each cell, in the order of the plan. */
  readonly cells: Report['cells']
  readonly controls: Report['controls']
  readonly suspects: readonly Suspect[]
  readonly candidate: Report['candidate']
  readonly coverage: {
    /** Combinations seen on cells with a verdict, by strength. */
    readonly judged: readonly CoverageAt[]
    /** The same for every two axes. */
    readonly pairs?: NonNullable<Report['coverage']['pairs']>
    /** Weight share of the fleet on passing cells, 0 … 1. */
    readonly fleetShare: number
    /** Sentences on combinations that were not tested. */
    readonly untested: readonly string[]
  }
  readonly notes: readonly string[]
  readonly drill?: Report['drill']
  readonly health?: Report['health']
}

/** Puts the report together; adds the gaps that every report must name. */
export function buildReport(parts: ReportParts): Report {
  const { plan, state, cells, coverage } = parts
  const faults = Map.groupBy(
    state.attempts.filter(({ end }) => end === 'host-fault'),
    ({ host }) => host,
  )
  return {
    schema: 'ringzero/report/1',
    tool: { name: 'ringzero', version: state.toolVersion },
    run: {
      id: state.run,
      plan: plan.id,
      seed: plan.seed,
      startedAt: state.startedAt,
      ...(state.endedAt === undefined ? {} : { endedAt: state.endedAt }),
      state: state.closed ? 'complete' : state.interrupted === undefined ? 'running' : 'interrupted',
      simulated: state.simulated,
      sessions: state.sessions,
      ...(state.shard === undefined ? {} : { shard: state.shard }),
    },
    ...(state.shards.length === 0
      ? {}
      : { shards: state.shards.map(({ shard, ...rest }) => ({ name: shardText(shard), ...rest })) }),
    matrix: {
      id: plan.matrix,
      title: plan.title ?? plan.matrix,
      axes: plan.axes.map((axis) => ({
        id: axis.id,
        title: axis.title ?? axis.id,
        values: axis.values.map(({ id, title, spelling, weight }) => ({
          id,
          title: title ?? id,
          ...(spelling === undefined ? {} : { spelling }),
          weight,
        })),
      })),
    },
    candidate: parts.candidate,
    stages: stagesOf(plan, state, cells),
    cells,
    controls: parts.controls,
    counts: countOutcomes(cells),
    suspects: [...parts.suspects],
    coverage: {
      planned: plan.coverage,
      judged: [...coverage.judged],
      ...(coverage.pairs === undefined ? {} : { pairs: coverage.pairs }),
      fleetShare: coverage.fleetShare,
      strength: plan.strength,
      gaps: coverageGaps(plan, state, cells, coverage.judged, coverage.untested),
    },
    hosts: [...state.hosts].map(([name, { provider, facts }]) => ({
      name,
      provider,
      // Facts came through the journal, so they are JSON.
      facts: facts as Report['hosts'][number]['facts'],
      faults: faults.get(name)?.length ?? 0,
    })),
    ...(parts.drill === undefined ? {} : { drill: parts.drill }),
    ...(parts.health === undefined ? {} : { health: parts.health }),
    evidence: state.attempts.flatMap(({ evidence }) => evidence),
    notes: [
      ...plan.warnings,
      ...[...state.drained].map(([host, because]) => `host ${host} was taken out of the run: ${because}`),
      ...parts.notes,
    ],
  }
}

/** A stage's state is what its verdicts say today; the journal only tells whether it was begun. */
function stagesOf(plan: Plan, state: RunState, cells: Report['cells']): Report['stages'] {
  const byStage = Map.groupBy(cells, ({ planned }) => planned.stage)
  const known = new Set(plan.stages.map(({ id }) => id))
  const added = [...byStage.keys()].filter((id) => !known.has(id)).map((id) => ({ id, title: id }))
  return [...plan.stages, ...added].map(({ id, title }) => {
    const mine = byStage.get(id) ?? []
    return {
      id,
      title,
      state: state.stages.has(id) ? stageEnd(mine.map(({ verdict }) => verdict)) : 'not-started',
      cells: mine.map(({ planned }) => planned.id),
    }
  })
}

function countOutcomes(cells: Report['cells']): Report['counts'] {
  const counts: Record<Outcome, number> = { pass: 0, warn: 0, fail: 0, inconclusive: 0, 'not-run': 0 }
  for (const { verdict } of cells) counts[verdict.outcome] += 1
  return counts
}
