/** What a configuration means: the machine, image and products that its values add up to. */
import type { Configuration, Matrix } from '../model/matrix.ts'
import { DEFAULT_PROFILE, type MachineFragment, type MachineProfile } from '../model/machine-profile.ts'
import type { RoleUse } from '../model/product.ts'

export interface ResolvedCell {
  readonly machine: MachineProfile
  /** undefined when neither a value nor the defaults name one. */
  readonly image: string | undefined
  readonly products: readonly string[]
  /** In the order of the axes. */
  readonly uses: readonly RoleUse[]
  /** Fields that two values of this configuration decide differently, as `memoryMiB: memory=small and cpu=big`. */
  readonly conflicts: readonly string[]
}

interface Decided {
  readonly value: unknown
  readonly by: string
}

/** Merges the fragments of the configuration's values over the matrix' defaults; axes in the order of the file. */
export function resolveCell(matrix: Matrix, configuration: Configuration): ResolvedCell {
  const decided = new Map<string, Decided>()
  const conflicts: string[] = []
  const products = new Set(matrix.defaults?.products ?? [])
  const uses: RoleUse[] = []
  let image: Decided | undefined
  for (const [axis, { values }] of Object.entries(matrix.axes)) {
    const value = values.find((entry) => entry.id === configuration[axis])
    if (value === undefined) continue
    const by = `${axis}=${value.id}`
    for (const [path, part] of leaves(value.machine ?? {})) {
      const earlier = decided.get(path)
      if (earlier !== undefined && JSON.stringify(earlier.value) !== JSON.stringify(part))
        conflicts.push(`${path}: ${earlier.by} and ${by}`)
      decided.set(path, { value: part, by })
    }
    if (value.image !== undefined) {
      if (image !== undefined && image.value !== value.image) conflicts.push(`image: ${image.by} and ${by}`)
      image = { value: value.image, by }
    }
    for (const product of value.products ?? []) products.add(product)
    uses.push(...(value.use ?? []))
  }
  const machine = mergeFragments(DEFAULT_PROFILE, matrix.defaults?.machine ?? {}, decided)
  return {
    machine,
    image: (image?.value as string | undefined) ?? matrix.defaults?.image,
    products: [...products],
    uses,
    conflicts,
  }
}

function mergeFragments(
  base: MachineFragment,
  defaults: MachineFragment,
  decided: ReadonlyMap<string, Decided>,
): MachineProfile {
  const merged = new Map<string, unknown>([...leaves(base), ...leaves(defaults)])
  for (const [path, { value }] of decided) merged.set(path, value)
  const result: Record<string, unknown> = {}
  for (const [path, value] of merged) {
    const [first = '', second] = path.split('.')
    if (second === undefined) result[first] = value
    else result[first] = { ...(result[first] as object | undefined), [second]: value }
  }
  return result as MachineProfile
}

/** `cpu.model` → value; lists count as one value. */
function leaves(fragment: MachineFragment): [string, unknown][] {
  return Object.entries(fragment).flatMap(([key, value]): [string, unknown][] =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value).map(([inner, part]) => [`${key}.${inner}`, part])
      : [[key, value]],
  )
}
