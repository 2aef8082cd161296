/** How people read a configuration: a value whose id is only a key, as those of PICT models, by its own spelling. */

type Axes = readonly {
  readonly id: string
  readonly values: readonly { readonly id: string; readonly spelling?: string | undefined }[]
}[]

/** The values in the model's own spelling, by the same axes: the ids `1` and `1-2` do not show that they are -1 and 1. */
export function spellValues(
  axes: Axes,
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const spelled = axes.filter((axis) => axis.values.some(({ spelling }) => spelling !== undefined))
  if (spelled.length === 0) return values
  const spellings = new Map(
    spelled.map((axis) => [axis.id, new Map(axis.values.map(({ id, spelling }) => [id, spelling]))]),
  )
  return Object.fromEntries(
    Object.entries(values).map(([axis, value]) => [axis, spellings.get(axis)?.get(value) ?? value]),
  )
}
