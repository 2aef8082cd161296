/** From files to a saved plan: what runs, on which machines, why, and on exactly which inputs. */
import { knownIncidents } from '../inputs/load-known-incidents.ts'
import { countIncidents, coverIncidents } from '../plan/incident-coverage.ts'
import { incidentGround } from './incident-ground.ts'
import { durationText } from '../kit/duration-text.ts'
import { hashJson } from '../kit/hash.ts'
import { configurationText } from '../model/configuration-text.ts'
import { blocking } from '../kit/blocking.ts'
import { nextTurn } from '../kit/clock.ts'
import { pauser } from '../kit/pause.ts'
import { AppError, type Problem } from '../model/errors.ts'
import type { Configuration, Matrix } from '../model/matrix.ts'
import type { Plan, PlannedCell } from '../model/plan.ts'
import { measureCoverage } from '../plan/coverage.ts'
import { measuredStarts } from '../plan/past-cells.ts'
import { planConfigurations, type PlannedConfigurations } from '../plan/plan-configurations.ts'
import { missingProducts, productLimits, withheldWarnings } from './plannable-products.ts'
import { withholdProducts, type RestrictedMatrix } from '../plan/withheld-values.ts'
import { changedValues, stillShown } from './earlier-run.ts'
import { invalidInput } from '../inputs/load-yaml.ts'
import { checkIds, durationOf, planCell, settingsOf, type CellProblem } from './plan-cell.ts'
import type { PlanRequest } from './plan-request.ts'
import { joinHistories, NO_HISTORY, type RunHistory } from './run-history.ts'
import { findUnknownChecks } from '../inputs/unknown-checks.ts'

/**
 * The plan. The same request gives the same bytes.
 * @throws AppError INPUT_INVALID (user) for an unknown check; PLAN_IMPOSSIBLE, fault user, naming each configuration that no host of the lab can give and why
 */
export async function planMatrix(asked: PlanRequest, signal?: AbortSignal): Promise<Plan> {
  // Without a lab only configurations are planned, and no check was loaded.
  const unknown = asked.lab === undefined ? [] : findUnknownChecks(asked.loaded, asked.checks)
  if (unknown.length > 0) throw invalidInput(asked.loaded.file, 'matrix', unknown)
  const restricted = withholdProducts(asked.loaded.matrix, missingProducts(asked))
  const matrix = stagesFor(restricted.matrix, asked)
  const request: PlanRequest = { ...asked, loaded: { ...asked.loaded, matrix } }
  const history = historyOf(request)
  const starts = measuredStarts(history.cells)
  const durations = (configuration: Configuration): number => durationOf(request, configuration, starts)
  const pause = pauser(signal)
  // A signal that came before must not wait until the plan is made.
  await nextTurn()
  signal?.throwIfAborted()
  const planned = blocking(() =>
    planConfigurations(matrix, {
      seed: request.seed,
      effort: request.effort,
      ...(request.strength === undefined ? {} : { strength: request.strength }),
      ...(request.since === undefined
        ? {}
        : {
            since: request.since.passed,
            changed: changedValues(request.since, matrix, looksOf(request)),
          }),
      ...(history.cells.length === 0 ? {} : { history: history.cells, durationOf: durations }),
    }),
  )
  const problems: CellProblem[] = []
  const cells: PlannedCell[] = []
  await pause()
  for (const stage of planned.stages) {
    for (const cell of stage.cells) {
      const made = await planCell(request, stage.id, cell, problems, starts)
      if (made !== undefined) cells.push(made)
      await pause()
    }
  }
  if (problems.length > 0) throw impossiblePlan(request.loaded.file, countCells(planned), problems)
  const body = planBody(request, planned, cells, restricted)
  await pause()
  return { ...body, id: hashJson(body) }
}

function planBody(
  request: PlanRequest,
  planned: PlannedConfigurations,
  cells: PlannedCell[],
  restricted: RestrictedMatrix,
): Omit<Plan, 'id'> {
  const { withheld } = restricted
  const { matrix } = request.loaded
  return {
    schema: 'ringzero/plan/1',
    matrix: matrix.id,
    ...(matrix.title === undefined ? {} : { title: matrix.title }),
    seed: request.seed,
    strength: Math.max(request.strength ?? 0, matrix.strength ?? 2),
    inputs: inputsOf(request),
    axes: axesOf(matrix),
    stages: planned.stages.map((stage) => ({
      id: stage.id,
      ...stageWords(matrix, stage),
      cells: cells.filter((cell) => cell.stage === stage.id).map((cell) => cell.id),
    })),
    cells,
    ...productsOf(request, cells),
    settings: {
      ...settingsOf(request),
      checks: checkIds(request),
      checkNeeds: request.checks
        .filter((check) => checkIds(request).includes(check.id))
        .map((check) => ({
          id: check.id,
          moments: [...check.moments],
          os: [...check.os],
          needed: check.needed ?? true,
        })),
      isolate: request.isolate,
      ...(request.settle === undefined || request.settle === 0 ? {} : { settle: request.settle }),
    },
    coverage: planned.coverage.strengths.map(({ strength, covered, feasible, infeasible }) => ({
      strength,
      covered,
      feasible,
      infeasible,
    })),
    lowerBound: planned.lowerBound,
    provedMinimal: planned.provedMinimal,
    infeasible: planned.infeasible.listed.map(({ values, reasons }) => ({
      values,
      reason: reasons.join('; '),
    })),
    infeasibleCount: planned.infeasible.count,
    ...(withheld.length === 0 ? {} : { withheld: [...withheld] }),
    ...incidentsOf(request, cells),
    warnings: warningsOf(request, planned, cells, restricted),
  }
}

/** Without the stages that are for candidates of the other path; all of them while no candidate is known. */
function stagesFor(matrix: Matrix, { candidate }: PlanRequest): Matrix {
  if (candidate === undefined || matrix.stages === undefined) return matrix
  const path = candidate.kind === 'content' ? 'content' : 'package'
  return { ...matrix, stages: matrix.stages.filter((stage) => (stage.path ?? path) === path) }
}

/** A stage with a soak of its own says how long it is. */
function stageWords(
  { stages = [] }: Matrix,
  { id, title }: PlannedConfigurations['stages'][number],
): Pick<Plan['stages'][number], 'title' | 'continueOnFailure'> {
  const { continueOnFailure = false, soakSeconds } = stages.find((stage) => stage.id === id) ?? {}
  return {
    title:
      soakSeconds === undefined ? title : `${title} (${durationText(soakSeconds * 1000)} under observation)`,
    continueOnFailure,
  }
}

/** How many known incidents these cells would have shown; without a lab it is unknown which checks look. */
function incidentsOf(request: PlanRequest, cells: readonly PlannedCell[]): Pick<Plan, 'incidents'> {
  if (request.lab === undefined) return {}
  const checks = request.checks.filter(({ id }) => checkIds(request).includes(id))
  const { soakSeconds } = settingsOf(request)
  const ground = incidentGround(request, cells, soakSeconds, checks)
  return { incidents: countIncidents(coverIncidents(knownIncidents(), ground)) }
}

/** What a reader of the plan must know before a machine boots. */
function warningsOf(
  request: PlanRequest,
  planned: PlannedConfigurations,
  cells: readonly PlannedCell[],
  { withheld, dropped }: RestrictedMatrix,
): string[] {
  return [
    ...(request.loaded.warnings ?? []),
    ...withheldWarnings(withheld),
    ...dropped,
    ...planned.warnings,
    ...bootedInstead(cells),
    ...productLimits(request, cells),
    ...(request.lab === undefined
      ? ['planned without a lab: nothing says whether a host can run these cells']
      : []),
    ...sinceWarnings(request, cells),
  ]
}

/** What a plan on top of an earlier run must not be mistaken for. */
function sinceWarnings(request: PlanRequest, cells: readonly PlannedCell[]): string[] {
  const { since, lab, candidate, loaded, strength } = request
  if (since === undefined) return []
  const changed = changedValues(since, loaded.matrix, looksOf(request))
  const named = Object.entries(changed).flatMap(([axis, values]) => values.map((value) => `${axis}=${value}`))
  const wanted = Math.max(strength ?? 0, loaded.matrix.strength ?? 2)
  const together = measureCoverage(
    loaded.matrix,
    [...stillShown(since, changed), ...cells.map(({ configuration }) => configuration)],
    { strengths: [wanted], uncoveredLimit: 0 },
  ).strengths[0]
  const { covered = 0, feasible = 0 } = together ?? {}
  return [
    `with the ${since.passed.length} cells that passed in run ${since.run} these cover ${covered} of ${feasible} combinations of ${wanted} values; changed since: ${named.length === 0 ? 'nothing' : named.join(', ')}`,
    ...(lab === undefined ? ['without a lab it is unknown whether products or images changed since'] : []),
    ...(candidate !== undefined && candidate.sha256 !== since.candidate
      ? ['that run tested another candidate: what passed there was never seen with this one']
      : []),
  ]
}

/** What is compared with an earlier run. */
function looksOf(request: PlanRequest): Parameters<typeof changedValues>[2] {
  const { stages = [] } = stagesFor(request.loaded.matrix, request)
  const settings = settingsOf(request)
  return {
    inputs: inputsOf(request),
    settings: {
      ...settings,
      soakSeconds: Math.max(settings.soakSeconds, ...stages.map((stage) => stage.soakSeconds ?? 0)),
      checks: checkIds(request),
    },
  }
}

function productsOf({ products }: PlanRequest, cells: readonly PlannedCell[]): Pick<Plan, 'products'> {
  const used = new Set(cells.flatMap((cell) => cell.products))
  const planned = [...products.values()].filter(({ id }) => used.has(id))
  if (planned.length === 0) return {}
  return {
    products: planned.map(({ id, title, release, vendor, class: kind }) => ({
      id,
      title,
      release,
      ...(vendor === undefined ? {} : { vendor }),
      ...(kind === undefined ? {} : { class: kind }),
    })),
  }
}

/** The earlier runs of the folder, and the run that `--since` names. */
function historyOf({ history = NO_HISTORY, since }: PlanRequest): RunHistory {
  return since === undefined ? history : joinHistories(history, since.history)
}

/** Everything that a plan of this request rests on, by hash. */
export function inputsOf(request: PlanRequest): Plan['inputs'] {
  const { loaded, lab, candidate, products } = request
  return [
    { role: 'matrix', name: loaded.matrix.id, sha256: loaded.sha256 },
    ...(lab === undefined ? [] : [{ role: 'lab' as const, name: 'lab', sha256: lab.sha256 }]),
    ...(candidate === undefined
      ? []
      : [{ role: 'candidate' as const, name: candidate.id, sha256: candidate.sha256 }]),
    ...[...products.values()].map(({ id, sha256 }) => ({ role: 'product' as const, name: id, sha256 })),
    ...(lab?.images ?? []).map((image) => ({
      role: 'image' as const,
      name: image.id,
      sha256: hashJson(image),
    })),
    ...historyOf(request).runs.map((run) => ({ role: 'history' as const, ...run })),
  ]
}

function axesOf(matrix: Matrix): Plan['axes'] {
  return Object.entries(matrix.axes).map(([id, axis]) => ({
    id,
    ...(axis.title === undefined ? {} : { title: axis.title }),
    values: axis.values.map((value) => ({
      id: value.id,
      ...(value.title === undefined ? {} : { title: value.title }),
      ...spellingOf(value),
      weight: value.weight ?? 1,
    })),
  }))
}

/** Values of a PICT model bear their name as title and as the attribute that its constraints compare. */
function spellingOf({ title, attributes }: Matrix['axes'][string]['values'][number]): { spelling?: string } {
  const name = attributes?.['name']
  const isSame =
    title !== undefined && (title === name || (typeof name === 'number' && Number(title) === name))
  return isSame ? { spelling: title } : {}
}

/** Cells whose stage asks for checkpoints and whose machines cannot have one, by reason. */
function bootedInstead(cells: readonly PlannedCell[]): string[] {
  const because = cells.flatMap(({ start }) => (start?.because === undefined ? [] : [start.because]))
  const counts = Map.groupBy(because, (reason) => reason)
  return [...counts].map(
    ([reason, { length }]) => `${length} cells boot instead of starting from a checkpoint: ${reason}`,
  )
}

/** Configurations of all stages; a configuration that stands in two stages counts once. */
function countCells({ stages }: PlannedConfigurations): number {
  const all = stages.flatMap(({ cells }) =>
    cells.map(({ configuration }) => configurationText(configuration)),
  )
  return new Set(all).size
}

/** So many of the cells that share a problem are named. */
const NAMED_CELLS = 3

/** PLAN_IMPOSSIBLE. What several cells share is one problem, with the cells that have it. @param planned number of all cells */
export function impossiblePlan(file: string, planned: number, found: readonly CellProblem[]): AppError {
  const cells = new Set(found.map(({ configuration }) => configuration)).size
  const same = Map.groupBy(found, ({ problem: { message, hint } }) => `${message}\n${hint ?? ''}`)
  const problems = [...same.values()].flatMap((members): Problem[] => {
    const [first] = members
    if (first === undefined) return []
    const touched = touchedCells([...new Set(members.map(({ configuration }) => configuration))], planned)
    return [{ ...first.problem, message: `${touched}: ${first.problem.message}` }]
  })
  return new AppError('PLAN_IMPOSSIBLE', 'user', `${cells} of the planned cells cannot run`, {
    where: { file },
    problems,
  })
}

function touchedCells(configurations: readonly string[], planned: number): string {
  const { length } = configurations
  if (length > 1 && length === planned) return `all ${length} cells`
  const named = configurations.slice(0, NAMED_CELLS).join(', ')
  return length <= NAMED_CELLS ? named : `${named} and ${length - NAMED_CELLS} more`
}
