/** One configuration as a cell of the plan: its machine, image, products, host, identity and control; or why it cannot run. */
import { configurationText } from '../model/configuration-text.ts'
import { hashJson } from '../kit/hash.ts'
import { WindowsBuildSchema } from '../model/windows-build.ts'
import { type Problem } from '../model/errors.ts'
import type { LabImage } from '../model/lab.ts'
import type { Configuration, Matrix } from '../model/matrix.ts'
import type { MachineProfile } from '../model/machine-profile.ts'
import type { PlannedCell } from '../model/plan.ts'
import type { OsName } from '../model/recipe.ts'
import { cellId, controlKey, type CellContent } from '../plan/arms.ts'
import type { StartSeconds } from '../plan/past-cells.ts'
import { imageRefusals, matchHost } from '../plan/feasibility.ts'
import { resolveCell, type ResolvedCell } from '../plan/resolve-cell.ts'
import { verifierRefusal } from '../plan/watched-drivers.ts'
import { startsOf } from './past-run.ts'
import type { PlanRequest } from './plan-request.ts'

/** Soak and starts when the matrix says nothing: short enough for a pull request, three starts because recovery needs two failures. */
const DEFAULTS = { soakSeconds: 10, restarts: 3, repeats: 1 } as const

/** Why a cell cannot run, and its configuration as people read it. */
export interface CellProblem {
  readonly configuration: string
  readonly problem: Problem
}

/** Found in a cell; `path` is where the matrix says what is wrong. */
type Found = Omit<Problem, 'where'> & { readonly path?: readonly PropertyKey[] }

/** A cell for a configuration, as the plan has it; further cells of a running plan are made the same way. */
export async function planCell(
  request: PlanRequest,
  stage: string,
  cell: {
    readonly configuration: Configuration
    readonly purpose: string
    /** Default: that of its stage, else of the matrix. */
    readonly soakSeconds?: number | undefined
  },
  problems: CellProblem[],
  starts: StartSeconds = () => undefined,
): Promise<PlannedCell | undefined> {
  const { matrix, file } = request.loaded
  const resolved = resolveCell(matrix, cell.configuration)
  const { problems: found, provider } = await findHost(request, cell.configuration, resolved)
  if (found.length > 0) {
    const configuration = describe(cell.configuration)
    const { where } = request.loaded
    problems.push(
      ...found.map(({ path, ...problem }) => ({
        configuration,
        problem: { ...problem, where: path === undefined || where === undefined ? { file } : where(path) },
      })),
    )
    return undefined
  }
  const image = request.lab?.images?.find((entry) => entry.id === resolved.image)
  const place = image === undefined ? UNASSIGNED : { image: image.id, os: image.os, provider }
  const content: CellContent = {
    configuration: cell.configuration,
    machine: resolved.machine,
    image: place.image,
    imageSha256: hashJson(image ?? null),
    products: resolved.products.map((id) => ({ id, sha256: request.products.get(id)?.sha256 ?? '' })),
  }
  const settings = settingsOf(request)
  const soak = cell.soakSeconds ?? stageOf(request, stage)?.soakSeconds
  const soakSeconds = soak ?? settings.soakSeconds
  const start = firstStart(request, stage, resolved.machine, place)
  const control = {
    checks: checkIds(request),
    restarts: settings.restarts,
    soakSeconds,
    provider: place.provider,
    toolVersion: request.toolVersion,
    ...(request.plugins === undefined || request.plugins.length === 0 ? {} : { plugins: request.plugins }),
    ...(resolved.uses.length === 0 ? {} : { uses: resolved.uses }),
    ...(start?.from === 'checkpoint' ? { start: start.from } : {}),
  }
  return {
    id: cellId(content),
    stage,
    configuration: cell.configuration,
    machine: resolved.machine,
    ...place,
    products: [...resolved.products],
    ...(resolved.uses.length === 0 ? {} : { uses: [...resolved.uses] }),
    purpose: cell.purpose,
    controlKey: controlKey(content, control),
    ...(start === undefined ? {} : { start }),
    ...(soak === undefined ? {} : { soakSeconds: soak }),
    expectedSeconds: expectedSeconds(
      place.os,
      { ...settings, soakSeconds },
      starts(cell.configuration, place.os),
    ),
  }
}

function stageOf({ loaded }: PlanRequest, stage: string): NonNullable<Matrix['stages']>[number] | undefined {
  return loaded.matrix.stages?.find(({ id }) => id === stage)
}

/** Undefined where checkpoints are not asked for: the machine boots. A machine that cannot be saved boots too, and the plan says why. */
function firstStart(
  request: PlanRequest,
  stage: string,
  machine: MachineProfile,
  { provider, os }: Pick<PlannedCell, 'provider' | 'os'>,
): PlannedCell['start'] {
  const { candidate, offers } = request
  const asked = stageOf(request, stage)?.start === 'checkpoint'
  if (!asked || candidate?.kind !== 'content') return undefined
  const hosts = offers.filter((offer) => offer.provider === provider)
  const reasons = new Set(
    hosts.flatMap(
      (host) => host.checkpointRefusals?.(machine, os) ?? [`${host.provider} saves no running machines`],
    ),
  )
  if (reasons.size === 0 && hosts.length > 0) return { from: 'checkpoint' }
  return { from: 'boot', because: reasons.size === 0 ? 'no host is assigned' : [...reasons].join('; ') }
}

/** Where a cell of a plan without a lab runs: nowhere yet. */
const UNASSIGNED = { image: 'unassigned', os: 'windows', provider: 'unassigned' } as const

/** The provider that runs it, or all that keeps it from running; without a lab only what the matrix itself contradicts. */
async function findHost(
  request: PlanRequest,
  configuration: Configuration,
  resolved: ResolvedCell,
): Promise<{ readonly problems: readonly Found[]; readonly provider: string }> {
  const { matrix } = request.loaded
  const problems: Found[] = resolved.conflicts.map((conflict) => ({
    message: `two values decide the same field differently: ${conflict}`,
    hint: 'let one axis decide it, or forbid the combination',
  }))
  const { lab } = request
  if (lab === undefined) return { problems, provider: UNASSIGNED.provider }
  problems.push(...productProblems(request, configuration, resolved, lab.file))
  const image = lab.images?.find((entry) => entry.id === resolved.image)
  if (image === undefined) {
    const known = (lab.images ?? []).map((entry) => entry.id)
    const path = placeOf(matrix, configuration, (part) => part?.image === resolved.image)
    problems.push({ ...imageProblem(resolved, known), path: resolved.image === undefined ? ['axes'] : path })
    return { problems, provider: UNASSIGNED.provider }
  }
  problems.push(...diskProblems(image, resolved.machine))
  const match = await matchHost({ ...resolved, os: image.os }, request.offers)
  if ('host' in match) return { problems, provider: match.host.provider }
  problems.push({
    message: `no host of the lab can run it: ${match.reasons.join('; ')}`,
    hint: 'run ringzero doctor, or forbid the combination with a constraint',
  })
  return { problems, provider: UNASSIGNED.provider }
}

function productProblems(
  request: PlanRequest,
  configuration: Configuration,
  resolved: ResolvedCell,
  labFile: string,
): Found[] {
  return resolved.products.flatMap((id) => {
    const product = request.products.get(id)
    const path = placeOf(
      request.loaded.matrix,
      configuration,
      (part) => part?.products?.includes(id) === true,
    )
    if (product === undefined)
      return [
        {
          message: `the lab has no product "${id}"`,
          hint: `add its folder under products in ${labFile}`,
          path,
        },
      ]
    const message = verifierRefusal(product, request.candidate)
    if (message === undefined) return []
    return [
      { message, hint: `name your drivers in a copy of ${product.folder}, or leave the value out`, path },
    ]
  })
}

/** Where the matrix says something of a configuration: the first of its values of which this holds, else its defaults. */
function placeOf(
  { axes }: Matrix,
  configuration: Configuration,
  says: (part: Matrix['defaults'] | Matrix['axes'][string]['values'][number]) => boolean,
): readonly PropertyKey[] {
  for (const [axis, { values }] of Object.entries(axes)) {
    const index = values.findIndex((value) => value.id === configuration[axis] && says(value))
    if (index !== -1) return ['axes', axis, 'values', index]
  }
  return ['defaults']
}

/** An image that is built from media is what its entry says; of a disk that somebody else made nothing is known. */
function diskProblems(image: LabImage, machine: MachineProfile): Found[] {
  const build = image.kind === 'windows' ? WindowsBuildSchema.safeParse(image.build).data : undefined
  if (build === undefined) return []
  return imageRefusals(machine, build).map((message) => ({
    message: `image "${image.id}": ${message}`,
    hint: 'forbid the combination with a constraint, or add an image that is built for it',
  }))
}

function imageProblem(resolved: ResolvedCell, known: readonly string[]): Found {
  if (resolved.image === undefined) {
    return { message: 'no value names an image', hint: 'add image: to the values of an axis, or to defaults' }
  }
  const hint = known.length === 0 ? 'add images to lab.yaml' : `use one of: ${known.join(', ')}`
  return { message: `the lab has no image "${resolved.image}"`, hint }
}

/** Soak, starts and repeats of the matrix, with the house's own where it says nothing. */
export function settingsOf(request: PlanRequest): {
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

/** The checks that this matrix wants, by id, in the order in which they were loaded. */
export function checkIds(request: PlanRequest): string[] {
  const { only, skip = [] } = request.loaded.matrix.checks ?? {}
  return request.checks
    .map((check) => check.id)
    .filter((id) => (only === undefined || only.includes(id)) && !skip.includes(id))
}

/** Seconds that a cell with this configuration takes, for comparing it with others. */
export function durationOf(request: PlanRequest, configuration: Configuration, starts: StartSeconds): number {
  const { image } = resolveCell(request.loaded.matrix, configuration)
  const os = request.lab?.images?.find((entry) => entry.id === image)?.os ?? UNASSIGNED.os
  return expectedSeconds(os, settingsOf(request), starts(configuration, os))
}

/** Seconds of one start where no earlier run says better: rough figures for planning. */
const START_SECONDS = { linux: 12, windows: 90 } as const

/** Seconds of both arms: starts dominate. `measured` are the seconds of one start. */
function expectedSeconds(
  os: OsName,
  { restarts, soakSeconds }: ReturnType<typeof settingsOf>,
  measured: number | undefined,
): number {
  const start = measured ?? START_SECONDS[os]
  return Math.round(2 * (startsOf(restarts) * start + soakSeconds))
}

function describe(configuration: Configuration): string {
  return configurationText(configuration)
}
