/** Which known incidents the planned cells would have shown, and what was missing for the others. */
import type { IncidentAxis, KnownIncident, KnownIncidents } from '../model/known-incidents.ts'
import type { LabImage } from '../model/lab.ts'
import type { MachineProfile } from '../model/machine-profile.ts'
import type { AxisValue, Matrix } from '../model/matrix.ts'
import type { Plan, PlannedCell } from '../model/plan.ts'
import type { LoadedProduct } from '../model/product.ts'
import type { OsName } from '../model/recipe.ts'
import type { HostOffer } from './feasibility.ts'
import { seenBy, type LookingCheck, type Sight } from './visibility.ts'

/** A plan and what its names stand for. */
export interface IncidentGround {
  readonly matrix: Matrix
  readonly cells: readonly PlannedCell[]
  /** Of cells whose stage has none of its own. */
  readonly soakSeconds: number
  readonly checks: readonly LookingCheck[]
  readonly products: ReadonlyMap<string, Pick<LoadedProduct, 'title' | 'vendor' | 'class' | 'health'>>
  /** Absent: planned without a lab, so that operating systems are told by names, and no host's limits are known. */
  readonly lab?: {
    readonly images: readonly Pick<LabImage, 'id' | 'title'>[]
    readonly offers: readonly Pick<HostOffer, 'provider' | 'sight'>[]
  }
}

export type IncidentOutcome =
  | { readonly outcome: 'seen'; readonly cell: string; readonly by: readonly string[] }
  /** Titles of what no cell has; empty: each is there, but in no cell together. */
  | { readonly outcome: 'unmet'; readonly missing: readonly string[] }
  /** Met, and nothing looks for its symptom. */
  | { readonly outcome: 'unseen' }
  | { readonly outcome: 'no-machine' }

export type IncidentVerdict = IncidentOutcome & { readonly incident: KnownIncident }

/** Cells that are the same to every incident, as one. */
interface Ground {
  readonly cell: string
  readonly os: OsName | undefined
  readonly provider: string
  readonly has: ReadonlySet<string>
  /** Whether some product is really used by the check of roles; true where it is unknown. */
  readonly used: boolean
}

/** One verdict for each incident, in their order. */
export function coverIncidents(
  { axes, incidents }: KnownIncidents,
  ground: IncidentGround,
): IncidentVerdict[] {
  const grounds = groundsOf(axes, ground)
  return incidents.map((incident) => ({ incident, ...judge(incident, axes, grounds, ground) }))
}

/** What plan and report keep of it. */
export function countIncidents(verdicts: readonly IncidentVerdict[]): NonNullable<Plan['incidents']> {
  const count = (...outcomes: readonly IncidentOutcome['outcome'][]): number =>
    verdicts.filter(({ outcome }) => outcomes.includes(outcome)).length
  return {
    known: verdicts.length,
    seen: count('seen'),
    notSeen: count('unmet', 'unseen'),
    noMachine: count('no-machine'),
  }
}

function judge(
  incident: KnownIncident,
  axes: KnownIncidents['axes'],
  grounds: readonly Ground[],
  { checks, lab }: IncidentGround,
): IncidentOutcome {
  if (incident.machine === 'no') return { outcome: 'no-machine' }
  const mine = grounds.filter(({ os }) => os === incident.os)
  if (mine.length === 0) return { outcome: 'unmet', missing: [incident.os === 'linux' ? 'Linux' : 'Windows'] }
  const missing = incident.needs.filter((axis) => !mine.some(({ has }) => has.has(axis)))
  if (missing.length > 0)
    return { outcome: 'unmet', missing: missing.map((axis) => axes[axis]?.title ?? axis) }
  const met = mine.filter(({ has }) => incident.needs.every((axis) => has.has(axis)))
  if (met.length === 0) return { outcome: 'unmet', missing: [] }
  for (const { cell, provider, used } of met) {
    if (incident.symptom === 'role-broken' && !used) continue
    const by = [
      ...new Set(
        sightsOf(provider, lab).flatMap((sight) => seenBy(incident.symptom, incident.os, sight, checks)),
      ),
    ]
    if (by.length > 0) return { outcome: 'seen', cell, by }
  }
  return { outcome: 'unseen' }
}

function sightsOf(provider: string, lab: IncidentGround['lab']): readonly (Sight | undefined)[] {
  return lab === undefined
    ? [undefined]
    : lab.offers.filter((offer) => offer.provider === provider).map(({ sight }) => sight)
}

function groundsOf(axes: KnownIncidents['axes'], ground: IncidentGround): Ground[] {
  const told = wordsMet(axes, ground)
  const different = new Map<string, Ground>()
  for (const cell of ground.cells) {
    const sources = [
      ...Object.entries(cell.configuration).map(([axis, value]) => `value ${axis} ${value}`),
      `image ${cell.image}`,
      ...cell.products.map((id) => `product ${id}`),
    ]
    const has = new Set(sources.flatMap((source) => told.get(source)?.axes ?? []))
    for (const [id, axis] of Object.entries(axes))
      if (
        axis.words === undefined &&
        meetsMachine(axis, cell.machine, cell.soakSeconds ?? ground.soakSeconds)
      )
        has.add(id)
    const os =
      ground.lab === undefined
        ? sources.map((source) => told.get(source)?.os).find((name) => name !== undefined)
        : cell.os
    const used =
      ground.lab === undefined ||
      (cell.uses ?? []).length > 0 ||
      cell.products.some((id) => (ground.products.get(id)?.health[cell.os]?.use ?? []).length > 0)
    const key = JSON.stringify([os, cell.provider, used, [...has].toSorted()])
    if (!different.has(key)) different.set(key, { cell: cell.id, os, provider: cell.provider, has, used })
  }
  return [...different.values()]
}

interface Told {
  readonly axes: readonly string[]
  readonly os: OsName | undefined
}

/** What the names of each value, image and product say. */
function wordsMet(
  axes: KnownIncidents['axes'],
  { matrix, products, cells, lab }: IncidentGround,
): ReadonlyMap<string, Told> {
  const texts = new Map<string, readonly string[]>()
  for (const [axis, { values }] of Object.entries(matrix.axes))
    for (const value of values) texts.set(`value ${axis} ${value.id}`, textsOf(value))
  for (const { id, title } of lab?.images ?? []) texts.set(`image ${id}`, [id, title ?? ''])
  for (const id of new Set(cells.flatMap((cell) => cell.products))) {
    const product = products.get(id)
    texts.set(`product ${id}`, [id, product?.title ?? '', product?.vendor ?? '', product?.class ?? ''])
  }
  const told = new Map<string, Told>()
  for (const [source, all] of texts) {
    const words = all.map(wordsOf)
    const met = Object.entries(axes).filter(([, axis]) =>
      (axis.words ?? []).some((phrase) => words.some((text) => says(text, phrase.split(' ')))),
    )
    told.set(source, { axes: met.map(([id]) => id), os: osOf(words.flat()) })
  }
  return told
}

/** An attribute that is false says that something is not there. */
function textsOf({ id, title, image, aliases, attributes }: AxisValue): string[] {
  return [
    id,
    title ?? '',
    image ?? '',
    ...(aliases ?? []),
    ...Object.entries(attributes ?? {})
      .filter(([, value]) => value !== false)
      .map(([name, value]) => `${name} ${value === true ? '' : value}`),
  ]
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? []
}

const DENIED: ReadonlySet<string> = new Set(['no', 'not', 'without', 'non'])

/** The phrase as whole words, and not after "no" or "without". */
function says(text: readonly string[], phrase: readonly string[]): boolean {
  return text.some(
    (_, at) => phrase.every((word, next) => text[at + next] === word) && !DENIED.has(text[at - 1] ?? ''),
  )
}

function osOf(words: readonly string[]): OsName | undefined {
  if (words.some((word) => /^(?:windows|win(?:xp|\d+)|ws20\d\d\w*)$/.test(word))) return 'windows'
  return words.some((word) => /^(?:linux|debian|ubuntu|rhel|rocky|alma|suse|sles|fedora)$/.test(word))
    ? 'linux'
    : undefined
}

function meetsMachine(
  { machine = {}, soakSeconds = 0 }: IncidentAxis,
  has: MachineProfile,
  soak: number,
): boolean {
  const {
    firmware,
    tpm,
    minimumNumaNodes = 0,
    minimumProcessors = 0,
    configurationVersionBelow,
    clock,
  } = machine
  return (
    soak >= soakSeconds &&
    (firmware === undefined || has.firmware === firmware) &&
    (tpm === undefined || has.tpm === tpm) &&
    (has.numaNodes ?? 1) >= minimumNumaNodes &&
    has.cpu.count >= minimumProcessors &&
    (configurationVersionBelow === undefined ||
      (has.configurationVersion !== undefined &&
        Number(has.configurationVersion) < configurationVersionBelow)) &&
    (clock === undefined || has.clock !== undefined)
  )
}
