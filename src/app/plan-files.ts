/** `ringzero plan`: from paths to a plan, with or without a lab. */
import { toolVersion } from './tool-version.ts'
import type { LoadedCandidate } from '../model/candidate.ts'
import { withRebuiltImages, type EarlierRun } from './earlier-run.ts'
import { invalidInput } from '../inputs/load-yaml.ts'
import { loadCandidate } from '../inputs/package/load-candidate.ts'
import { checkMatrix } from '../plan/check-matrix.ts'
import { loadMatrix, type LoadedMatrix } from '../inputs/load-matrix.ts'
import { openLab, type OpenLab } from './open-lab.ts'
import type { PlanRequest } from './plan-request.ts'
import { loadRunHistory } from './run-history.ts'
import { findUnknownChecks } from '../inputs/unknown-checks.ts'
import type { Context } from '../sdk/context.ts'

export interface PlanFiles {
  readonly matrix: string
  readonly lab?: string
  readonly candidate?: string
  readonly seed: number
  readonly strength?: number
  /** Seconds of search on the reference machine. */
  readonly effort: number
  readonly isolate: number
  /** Further repeats that the run may order for a cell whose answer is open. */
  readonly settle?: number
  /** What it has shown is not planned again. */
  readonly since?: EarlierRun
  /** Folder of run folders, which order the plan. */
  readonly history?: string
}

/** Everything that was read and opened for a plan. */
export interface PlanInputs {
  readonly request: PlanRequest
  readonly opened?: OpenLab
  readonly candidate?: LoadedCandidate
}

/**
 * Reads all files and opens the lab. Nothing boots.
 * @throws AppError with fault user for whatever is wrong in any of them
 */
export async function openPlanInputs(
  files: PlanFiles,
  ctx: Context,
  given?: LoadedMatrix,
): Promise<PlanInputs> {
  const loaded = given ?? (await loadMatrix(files.matrix, checkMatrix))
  const opened = files.lab === undefined ? undefined : await openLab(files.lab, ctx)
  const checks = opened?.plugins.checks ?? []
  const unknown = opened === undefined ? [] : findUnknownChecks(loaded, checks)
  if (unknown.length > 0) throw invalidInput(loaded.file, 'matrix', unknown)
  const candidate =
    files.candidate === undefined
      ? undefined
      : await loadCandidate(files.candidate, surroundings(loaded, opened))
  const since =
    files.since === undefined || opened === undefined
      ? files.since
      : await withRebuiltImages(files.since, opened.lab)
  const history =
    files.history === undefined
      ? undefined
      : await loadRunHistory(files.history, (message) => ctx.log.log('warn', message))
  const request: PlanRequest = {
    loaded,
    products: opened?.products ?? new Map(),
    absent: opened?.absent ?? [],
    offers: opened?.offers ?? [],
    checks,
    plugins: opened?.plugins.contents ?? [],
    toolVersion: toolVersion(),
    seed: files.seed,
    effort: files.effort,
    isolate: files.isolate,
    ...(files.settle === undefined ? {} : { settle: files.settle }),
    ...(opened === undefined ? {} : { lab: opened.lab }),
    ...(candidate === undefined ? {} : { candidate }),
    ...(files.strength === undefined ? {} : { strength: files.strength }),
    ...(since === undefined ? {} : { since }),
    ...(history === undefined ? {} : { history }),
  }
  return {
    request,
    ...(opened === undefined ? {} : { opened }),
    ...(candidate === undefined ? {} : { candidate }),
  }
}

/** What the candidate will meet: the guest operating systems of the images that the matrix boots, the lab's products and secrets. */
function surroundings(
  { matrix }: LoadedMatrix,
  opened: OpenLab | undefined,
): Parameters<typeof loadCandidate>[1] {
  if (opened === undefined) return {}
  const values = Object.values(matrix.axes).flatMap((axis) => axis.values)
  const booted = new Set([matrix.defaults?.image, ...values.map((value) => value.image)])
  const images = (opened.lab.images ?? []).filter((image) => booted.has(image.id))
  return {
    os: [...new Set(images.map((image) => image.os))],
    secrets: new Set((opened.lab.secrets ?? []).map((secret) => secret.name)),
    products: new Set([...opened.products.keys(), ...opened.absent.map(({ id }) => id)]),
  }
}
