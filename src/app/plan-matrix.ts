/** From files to a saved plan: what runs, on which machines, why, and on exactly which inputs. */
import { hashJson } from '../kit/hash.ts'
import type { LoadedCandidate } from '../model/candidate.ts'
import { AppError, type Problem } from '../model/errors.ts'
import type { Configuration, Matrix } from '../model/matrix.ts'
import { type Plan, type PlannedCell } from '../model/plan.ts'
import type { LoadedProduct } from '../model/product.ts'
import { cellId, controlKey, type CellContent } from '../plan/arms.ts'
import { matchHost, type HostOffer } from '../plan/feasibility.ts'
import { planConfigurations, type PlannedConfigurations } from '../plan/plan-configurations.ts'
import { resolveCell, type ResolvedCell } from '../plan/resolve-cell.ts'
import type { Check } from '../sdk/check.ts'
import type { LoadedLab } from './load-lab.ts'
import type { LoadedMatrix } from './load-matrix.ts'

export interface PlanRequest {
  readonly loaded: LoadedMatrix
  readonly lab: LoadedLab
  readonly candidate?: LoadedCandidate
  readonly products: ReadonlyMap<string, LoadedProduct>
  /** What the lab's hosts can give, asked before. */
  readonly offers: readonly HostOffer[]
  readonly checks: readonly Check[]
  readonly toolVersion: string
  readonly seed: number
  readonly strength?: number
  readonly effort: number
  readonly isolate: number
  readonly since?: readonly Configuration[]
  readonly history?: readonly { readonly configuration: Configuration; readonly failed: boolean }[]
}

/** Soak and starts when the matrix says nothing: short enough for a pull request, three starts because recovery needs two failures. */
const DEFAULTS = { soakSeconds: 10, restarts: 3, repeats: 1 } as const

/**
 * The plan. The same request gives the same bytes.
 * @throws AppError PLAN_IMPOSSIBLE, fault user, naming each configuration that no host of the lab can give and why
 */
export function planMatrix(request: PlanRequest): Plan {
  const { matrix } = request.loaded
  const planned = planConfigurations(matrix, {
    seed: request.seed,
    effort: request.effort,
    ...(request.strength === undefined ? {} : { strength: request.strength }),
    ...(request.since === undefined ? {} : { since: request.since }),
    ...(request.history === undefined ? {} : { history: request.history }),
  })
  const problems: Problem[] = []
  const cells = planned.stages.flatMap((stage) =>
    stage.cells.flatMap((cell) => {
      const made = planCell(request, stage.id, cell, problems)
      return made === undefined ? [] : [made]
    }),
  )
  if (problems.length > 0) throw impossible(request.loaded.file, problems)
  const body = planBody(request, planned, cells)
  return { ...body, id: hashJson(body) }
}

/** A cell for a configuration, as the plan has it; further cells of a running plan are made the same way. */
export function planCell(
  request: PlanRequest,
  stage: string,
  cell: { readonly configuration: Configuration; readonly purpose: string; readonly weight: number },
  problems: Problem[],
): PlannedCell | undefined {
  const { matrix, file } = request.loaded
  const resolved = resolveCell(matrix, cell.configuration)
  const found = problemsOf(request, resolved)
  const image = request.lab.images?.find((entry) => entry.id === resolved.image)
  if (found.length > 0 || image === undefined) {
    problems.push(
      ...found.map((problem) => ({
        ...problem,
        message: `${describe(cell.configuration)}: ${problem.message}`,
        where: { file },
      })),
    )
    return undefined
  }
  const match = matchHost({ machine: resolved.machine, dialect: image.dialect }, request.offers)
  if ('reasons' in match) {
    const reasons = match.reasons.join('; ')
    problems.push({
      message: `${describe(cell.configuration)}: no host of the lab can run it: ${reasons}`,
      hint: 'run ringzero doctor, or forbid the combination with a constraint',
      where: { file },
    })
    return undefined
  }
  const content: CellContent = {
    configuration: cell.configuration,
    machine: resolved.machine,
    image: image.id,
    imageSha256: hashJson(image),
    products: resolved.products.map((id) => ({ id, sha256: request.products.get(id)?.sha256 ?? '' })),
  }
  const { restarts, soakSeconds } = settingsOf(request)
  return {
    id: cellId(content),
    stage,
    configuration: cell.configuration,
    machine: resolved.machine,
    image: image.id,
    dialect: image.dialect,
    products: [...resolved.products],
    provider: match.host.provider,
    purpose: cell.purpose,
    weight: cell.weight,
    controlKey: controlKey(content, {
      checks: checkIds(request),
      restarts,
      soakSeconds,
      provider: match.host.provider,
      toolVersion: request.toolVersion,
    }),
    expectedSeconds: expectedSeconds(image.dialect, restarts, soakSeconds),
  }
}

function problemsOf(request: PlanRequest, resolved: ResolvedCell): Omit<Problem, 'where'>[] {
  const images = request.lab.images ?? []
  const problems: Omit<Problem, 'where'>[] = resolved.conflicts.map((conflict) => ({
    message: `two values decide the same field differently: ${conflict}`,
    hint: 'let one axis decide it, or forbid the combination',
  }))
  if (resolved.image === undefined) {
    problems.push({
      message: 'no value names an image',
      hint: 'add image: to the values of an axis, or to defaults',
    })
  } else if (!images.some((image) => image.id === resolved.image)) {
    problems.push({
      message: `the lab has no image "${resolved.image}"`,
      hint:
        images.length === 0
          ? 'add images to lab.yaml'
          : `use one of: ${images.map((image) => image.id).join(', ')}`,
    })
  }
  for (const product of resolved.products) {
    if (!request.products.has(product)) {
      problems.push({
        message: `the lab has no product "${product}"`,
        hint: `add its folder under products in ${request.lab.file}`,
      })
    }
  }
  return problems
}

function planBody(
  request: PlanRequest,
  planned: PlannedConfigurations,
  cells: PlannedCell[],
): Omit<Plan, 'id'> {
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
      title: stage.title,
      continueOnFailure: matrix.stages?.find((entry) => entry.id === stage.id)?.continueOnFailure ?? false,
      cells: cells.filter((cell) => cell.stage === stage.id).map((cell) => cell.id),
    })),
    cells,
    settings: {
      ...settingsOf(request),
      checks: checkIds(request),
      checkNeeds: request.checks
        .filter((check) => checkIds(request).includes(check.id))
        .map((check) => ({
          id: check.id,
          moments: [...check.moments],
          dialects: [...check.dialects],
          needed: check.needed ?? true,
        })),
      isolate: request.isolate,
    },
    coverage: planned.coverage.strengths.map(({ strength, covered, feasible, infeasible }) => ({
      strength,
      covered,
      feasible,
      infeasible,
    })),
    lowerBound: planned.lowerBound,
    provedMinimal: planned.provedMinimal,
    infeasible: planned.infeasible.tuples.map(({ values, reason }) => ({ values, reason })),
    notRunnable: [],
    warnings: [...planned.warnings],
  }
}

function inputsOf(request: PlanRequest): Plan['inputs'] {
  const { loaded, lab, candidate, products } = request
  return [
    { role: 'matrix', name: loaded.matrix.id, sha256: loaded.sha256 },
    { role: 'lab', name: 'lab', sha256: lab.sha256 },
    ...(candidate === undefined
      ? []
      : [{ role: 'candidate' as const, name: candidate.id, sha256: candidate.sha256 }]),
    ...[...products.values()].map(({ id, sha256 }) => ({ role: 'product' as const, name: id, sha256 })),
    ...(lab.images ?? []).map((image) => ({
      role: 'image' as const,
      name: image.id,
      sha256: hashJson(image),
    })),
  ]
}

function axesOf(matrix: Matrix): Plan['axes'] {
  return Object.entries(matrix.axes).map(([id, axis]) => ({
    id,
    ...(axis.title === undefined ? {} : { title: axis.title }),
    values: axis.values.map((value) => ({
      id: value.id,
      ...(value.title === undefined ? {} : { title: value.title }),
      weight: value.weight ?? 1,
    })),
  }))
}

function settingsOf(request: PlanRequest): {
  readonly soakSeconds: number
  readonly restarts: number
  readonly repeats: number
} {
  const { soakSeconds, restarts, repeats } = request.loaded.matrix
  return {
    soakSeconds: soakSeconds ?? DEFAULTS.soakSeconds,
    restarts: restarts ?? DEFAULTS.restarts,
    repeats: repeats ?? DEFAULTS.repeats,
  }
}

function checkIds(request: PlanRequest): string[] {
  const { only, skip = [] } = request.loaded.matrix.checks ?? {}
  return request.checks
    .map((check) => check.id)
    .filter((id) => (only === undefined || only.includes(id)) && !skip.includes(id))
}

/** Seconds of both arms: starts dominate. Rough figures for planning, replaced by measured ones as soon as a run has some. */
function expectedSeconds(dialect: 'linux' | 'windows', restarts: number, soakSeconds: number): number {
  const start = dialect === 'linux' ? 12 : 90
  return 2 * ((restarts + 2) * start + soakSeconds)
}

function describe(configuration: Configuration): string {
  return Object.entries(configuration)
    .map(([axis, value]) => `${axis}=${value}`)
    .join(' ')
}

function impossible(file: string, problems: readonly Problem[]): AppError {
  return new AppError('PLAN_IMPOSSIBLE', 'user', `${problems.length} of the planned cells cannot run`, {
    where: { file },
    problems,
  })
}
