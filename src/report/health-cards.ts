/**
 * What each piece of software puts into the kernel and what it costs: of the candidate what is there with it and not without it, of a
 * product what every machine with it has and no machine of the same image without it. Pure.
 */
import {
  FOOTPRINT_PARTS,
  type Cost,
  type Footprint,
  type FootprintChange,
  type FootprintPart,
  type HealthCard,
} from '../model/health.ts'
import type { FactOf } from '../model/observation.ts'
import type { Arm } from '../model/phase.ts'

/** One attempt that came to its end, as far as cards need it. */
export interface SeenMachine {
  readonly cell: string
  readonly arm: Arm
  readonly image: string
  readonly products: readonly string[]
  /** Names of each part at the baseline, and at the last look with the candidate (or beside it, in a control). */
  readonly baseline: ReadonlyMap<FootprintPart, ReadonlySet<string>>
  readonly after: ReadonlyMap<FootprintPart, ReadonlySet<string>>
  /** What starts by itself and came, went or changed: `new service:x`. */
  readonly autostarts: ReadonlySet<string>
  /** Of each measure of the run, by its index, the value; NaN, or nothing at the end, where it was not measured. */
  readonly measures: readonly number[]
  /** Milliseconds until the agent answered, of starts after the installation. */
  readonly starts: readonly number[]
  readonly recoveries: readonly Pick<FactOf<'recovery'>, 'step' | 'broughtBack'>[]
}

/** A number that machines of the run were measured by: `memory:after-restart` in `MiB`. */
export interface MeasureName {
  readonly name: string
  readonly unit: string
}

/** The candidate's card first, then one for each product, by id. `measures`: those of the run, by index. */
export function healthCards(
  machines: readonly SeenMachine[],
  measures: readonly MeasureName[],
  titles: HealthTitles,
): HealthCard[] {
  const products = [...new Set(machines.flatMap((machine) => machine.products))].sort()
  return [
    candidateCard(machines, measures, titles.candidate),
    ...products.map((id) => productCard(id, machines, titles.products.get(id) ?? id)),
  ]
}

/** Title and release of the candidate, and of each product by id. */
export interface HealthTitles {
  readonly candidate: string
  readonly products: ReadonlyMap<string, string>
}

function candidateCard(
  machines: readonly SeenMachine[],
  measures: readonly MeasureName[],
  title: string,
): HealthCard {
  const controls = machines.filter(({ arm }) => arm === 'control')
  const tried = machines.filter(({ arm }) => arm === 'candidate')
  const known = Map.groupBy(controls, ({ cell }) => cell)
  const compared = tried.filter(({ cell }) => known.has(cell))
  /** What machines with the candidate show and their own controls do not. */
  const own = (of: (machine: SeenMachine) => Iterable<string>): string[] => {
    const names = compared.flatMap((machine) => {
      const usual = new Set((known.get(machine.cell) ?? []).flatMap((control) => [...of(control)]))
      return [...of(machine)].filter((name) => !usual.has(name))
    })
    return [...new Set(names)].sort()
  }
  const recoveries = tried.flatMap((machine) => machine.recoveries)
  return {
    of: 'candidate',
    title,
    machines: compared.filter(isListed).length,
    footprint: byPart((part) => own((machine) => added(machine.baseline.get(part), machine.after.get(part)))),
    gone: byPart((part) => own((machine) => added(machine.after.get(part), machine.baseline.get(part)))),
    autostarts: own((machine) => machine.autostarts),
    costs: costsOf(compared, known, measures),
    recovery: [...Map.groupBy(recoveries, ({ step }) => step)].map(([step, steps]) => ({
      step,
      tried: steps.length,
      broughtBack: steps.filter(({ broughtBack }) => broughtBack).length,
    })),
  }
}

/** Whether anything is known of what it has in the kernel. */
function isListed({ baseline, after }: SeenMachine): boolean {
  return FOOTPRINT_PARTS.some((part) => baseline.has(part) && after.has(part))
}

/** In `after` and not in `before`; nothing where one of them was not listed. */
function added(before: ReadonlySet<string> | undefined, after: ReadonlySet<string> | undefined): string[] {
  return before === undefined || after === undefined ? [] : [...after].filter((name) => !before.has(name))
}

function productCard(id: string, machines: readonly SeenMachine[], title: string): HealthCard {
  const images = Map.groupBy(machines, ({ image }) => image)
  const comparable = [...images.values()].filter(
    (ofImage) =>
      ofImage.some(({ products }) => products.includes(id)) &&
      ofImage.some(({ products }) => !products.includes(id)),
  )
  const ownOf = (ofImage: readonly SeenMachine[], part: FootprintPart): string[] => {
    const listed = ofImage.filter(({ baseline }) => baseline.has(part))
    const names = (has: boolean): ReadonlySet<string>[] =>
      listed
        .filter(({ products }) => products.includes(id) === has)
        .map(({ baseline }) => baseline.get(part) ?? new Set())
    const [first, ...rest] = names(true)
    const without = names(false)
    if (first === undefined || without.length === 0) return []
    return [...first].filter(
      (name) => rest.every((set) => set.has(name)) && !without.some((set) => set.has(name)),
    )
  }
  const nothing = byPart(() => [])
  return {
    of: id,
    title,
    machines: comparable.flat().filter(({ products }) => products.includes(id)).length,
    footprint: byPart((part) => [...new Set(comparable.flatMap((ofImage) => ownOf(ofImage, part)))].sort()),
    gone: nothing,
    autostarts: [],
    costs: [],
    recovery: [],
  }
}

function byPart(of: (part: FootprintPart) => string[]): Footprint {
  return {
    drivers: of('drivers'),
    minifilters: of('minifilters'),
    modules: of('modules'),
    'filters-network': of('filters-network'),
  }
}

function costsOf(
  tried: readonly SeenMachine[],
  controls: ReadonlyMap<string, readonly SeenMachine[]>,
  measures: readonly MeasureName[],
): Cost[] {
  const pairs = [...Map.groupBy(tried, ({ cell }) => cell)].map(([cell, machines]): MachinesOfCell => ({
    own: machines,
    usual: controls.get(cell) ?? [],
  }))
  const ordered = measures
    .map((measure, index) => ({ ...measure, index }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return [
    cost({ name: 'start', unit: 'ms' }, pairs, ({ starts }) => starts),
    ...ordered.map((measure) => cost(measure, pairs, ({ measures: values }) => [values[measure.index]])),
  ].filter((one) => one !== undefined)
}

/** Of one cell the machines with the candidate, and its controls. */
interface MachinesOfCell {
  readonly own: readonly SeenMachine[]
  readonly usual: readonly SeenMachine[]
}

/** `valuesOf` gives NaN or undefined for what was not measured. */
type ValuesOf = (machine: SeenMachine) => readonly (number | undefined)[]

function cost(
  { name, unit }: MeasureName,
  pairs: readonly MachinesOfCell[],
  valuesOf: ValuesOf,
): Cost | undefined {
  const differences: number[] = []
  for (const { own, usual } of pairs) {
    const difference = meanOf(own, valuesOf) - meanOf(usual, valuesOf)
    if (!Number.isNaN(difference)) differences.push(difference)
  }
  if (differences.length === 0) return undefined
  const difference = differences.reduce((sum, value) => sum + value, 0) / differences.length
  const interval = meanInterval(differences, difference)
  return {
    name,
    unit,
    difference,
    ...(interval === undefined ? {} : { interval }),
    machines: differences.length,
  }
}

/** NaN where none of them was measured. */
function meanOf(machines: readonly SeenMachine[], valuesOf: ValuesOf): number {
  let [sum, count] = [0, 0]
  for (const machine of machines)
    for (const value of valuesOf(machine)) {
      if (value === undefined || Number.isNaN(value)) continue
      sum += value
      count += 1
    }
  return sum / count
}

/** Quantiles 0.975 of Student's t for 1 … 10 degrees of freedom, and of the normal distribution's neighbours for more. */
const STUDENT = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23]

/** Student's interval of a mean: one machine says nothing about others. */
function meanInterval(values: readonly number[], middle: number): [number, number] | undefined {
  const { length } = values
  if (length < 2) return undefined
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (length - 1)
  const half = (STUDENT[length - 2] ?? (length < 30 ? 2.2 : 2.05)) * Math.sqrt(variance / length)
  return [middle - half, middle + half]
}

/** How the candidate's footprint stands to that of an earlier release. */
export function footprintSince(now: HealthCard, before: HealthCard): FootprintChange[] {
  return FOOTPRINT_PARTS.map((part) => ({
    part,
    before: before.footprint[part].length,
    now: now.footprint[part].length,
    more: now.footprint[part].filter((name) => !before.footprint[part].includes(name)),
    fewer: before.footprint[part].filter((name) => !now.footprint[part].includes(name)),
  }))
}
