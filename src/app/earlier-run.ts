/** What an earlier run has already shown, and which values are no longer what they were then. */
import { hashJson } from '../kit/hash.ts'
import type { Configuration, Matrix } from '../model/matrix.ts'
import type { Plan } from '../model/plan.ts'
import type { RunState } from '../model/run-state.ts'
import { findImage } from '../lab/image-store.ts'
import type { LoadedLab } from '../inputs/load-lab.ts'
import { readPastRun } from './past-run.ts'
import { historyOf, type RunHistory } from './run-history.ts'
import { toolVersion } from './tool-version.ts'

export interface EarlierRun {
  readonly run: string
  /** sha256 of the candidate that it tested. */
  readonly candidate: string
  /** Configurations of its cells that passed; where some booted, of those alone. */
  readonly passed: readonly Configuration[]
  readonly matrix: Matrix
  /** Products and images that it ran with, by hash. */
  readonly inputs: Plan['inputs']
  /** How hard it looked; the soak is the longest of its stages. */
  readonly settings: Looks
  /** Image → content that its machines started from, as far as it is on record. */
  readonly images: ReadonlyMap<string, string>
  /** The version of ringzero that it ran with. */
  readonly toolVersion: string
  /** What passed went on from checkpoints: it was never booted before the candidate came. */
  readonly restored: boolean
  /** What it tells the planner, failures included. */
  readonly history: RunHistory
  /** Images of the lab that have another content now, or none yet. */
  readonly rebuilt?: ReadonlySet<string>
}

/** What of a plan's settings says how much a pass means. */
type Looks = Pick<Plan['settings'], 'checks' | 'restarts' | 'soakSeconds' | 'repeats'>

/**
 * Judges the journal of that run again: what passed under older rules, or in a report that somebody changed, is not taken over.
 * @throws AppError RUN_UNREADABLE, RUN_SIMULATED (user), JOURNAL_DAMAGED
 */
export async function loadEarlierRun(runFolder: string): Promise<EarlierRun> {
  const { inputs, plan, state, cells, past } = await readPastRun(runFolder)
  const passed = cells.flatMap(({ planned, verdict }) => (verdict.outcome === 'pass' ? [planned] : []))
  // A boot shows all that a restore shows; the other way round it does not hold, so the two are never mixed.
  const booted = passed.filter(({ start }) => start?.from !== 'checkpoint')
  const restored = booted.length === 0 && passed.length > 0
  return {
    run: state.run,
    candidate: inputs.candidateSha256,
    passed: (restored ? passed : booted).map(({ configuration }) => configuration),
    matrix: inputs.matrix,
    inputs: plan.inputs,
    settings: {
      ...plan.settings,
      soakSeconds: Math.max(
        plan.settings.soakSeconds,
        ...plan.cells.map(({ soakSeconds }) => soakSeconds ?? 0),
      ),
    },
    images: imagesOf(plan, state),
    toolVersion: state.toolVersion,
    restored,
    history: historyOf(state.run, past),
  }
}

/** Image → the one content that all machines which count started from; empty where that is not known. */
function imagesOf(plan: Plan, { attempts, addedCells }: RunState): ReadonlyMap<string, string> {
  const imageOf = new Map([...plan.cells, ...addedCells].map(({ id, image }) => [id, image]))
  const images = new Map<string, string>()
  for (const { cell, end, imageSha256 } of attempts) {
    const image = imageOf.get(cell)
    // A cell that never got its machine says nothing; a cell on an unknown machine says that the machine is unknown.
    if (image === undefined || (imageSha256 === undefined && end !== 'completed')) continue
    const content = imageSha256 ?? ''
    // A configuration that changed in the middle of the run was not shown by it.
    images.set(image, (images.get(image) ?? content) === content ? content : '')
  }
  return images
}

/** The same with the images that were built anew since; one whose content is not on record may have been. */
export async function withRebuiltImages(
  earlier: EarlierRun,
  lab: Pick<LoadedLab, 'images' | 'storeFolder'>,
): Promise<EarlierRun> {
  const rebuilt = new Set<string>()
  for (const image of lab.images ?? []) {
    const before = earlier.images.get(image.id)
    if (before === undefined || (await findImage(image, lab.storeFolder))?.sha256 !== before)
      rebuilt.add(image.id)
  }
  return { ...earlier, rebuilt }
}

/**
 * Axis → values of the matrix that are defined otherwise than in the earlier run, or made of a product or image whose
 * bits changed; what passed with them then says nothing now. All of them when the plan that is made (`now`) looks harder than
 * that run did, boots where that run went on from checkpoints, or is made by another version of ringzero. Roles that it has no inputs of (a plan without a lab) are not compared.
 */
export function changedValues(
  earlier: EarlierRun,
  matrix: Matrix,
  now: { readonly inputs: Plan['inputs']; readonly settings: Looks },
): Readonly<Record<string, readonly string[]>> {
  const before = new Map(earlier.inputs.map(({ role, name, sha256 }) => [`${role} ${name}`, sha256]))
  const differs = new Set(
    now.inputs
      .filter(({ role, name, sha256 }) => before.get(`${role} ${name}`) !== sha256)
      .map(({ role, name }) => `${role} ${name}`),
  )
  for (const image of earlier.rebuilt ?? []) differs.add(`image ${image}`)
  const fragment = (image: string | undefined, products: readonly string[] = []): boolean =>
    differs.has(`image ${image ?? ''}`) || products.some((product) => differs.has(`product ${product}`))
  const { defaults } = matrix
  // What all cells share: if it changed, every value did.
  const all =
    earlier.toolVersion !== toolVersion() ||
    (earlier.restored && boots(matrix)) ||
    looksHarder(now.settings, earlier.settings) ||
    hashJson(definitionOf(defaults)) !== hashJson(definitionOf(earlier.matrix.defaults)) ||
    fragment(defaults?.image, defaults?.products)
  return Object.fromEntries(
    Object.entries(matrix.axes).map(([axis, { values }]) => {
      const known = new Map(earlier.matrix.axes[axis]?.values.map((value) => [value.id, value]))
      const changed = values.filter((value) => {
        const old = known.get(value.id)
        if (old === undefined) return false
        return (
          all ||
          fragment(value.image, value.products) ||
          hashJson(definitionOf(value)) !== hashJson(definitionOf(old))
        )
      })
      return [axis, changed.map(({ id }) => id)]
    }),
  )
}

function looksHarder(now: Looks, before: Looks): boolean {
  return (
    now.checks.some((check) => !before.checks.includes(check)) ||
    now.restarts > before.restarts ||
    now.soakSeconds > before.soakSeconds ||
    now.repeats > before.repeats
  )
}

/** Whether any stage begins with a boot. */
function boots({ stages = [] }: Matrix): boolean {
  return stages.length === 0 || stages.some(({ start }) => start !== 'checkpoint')
}

/** The configurations that passed, without the values that changed: what of them still holds. */
export function stillShown(
  { passed }: EarlierRun,
  changed: Readonly<Record<string, readonly string[]>>,
): readonly Configuration[] {
  return passed.map((configuration) =>
    Object.fromEntries(
      Object.entries(configuration).filter(([axis, value]) => changed[axis]?.includes(value) !== true),
    ),
  )
}

/** What a value makes of a machine: all but how it is called and how many have it. */
function definitionOf(value: object | undefined): Readonly<Record<string, unknown>> {
  const {
    title: _title,
    weight: _weight,
    aliases: _aliases,
    ...definition
  } = { ...value } as Record<string, unknown>
  return definition
}
