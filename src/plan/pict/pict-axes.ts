/** The parameters of a PICT model as axes of a matrix. */
import type { Axis, AxisValue } from '../../model/matrix.ts'
import { asNumber } from '../constraints/vocabulary.ts'
import type { RuleProblem } from '../constraints/rule.ts'

export interface PictAxis {
  /** As the file names the parameter. */
  readonly name: string
  readonly id: string
  readonly definition: Axis
  /** What constraints compare: each value's first name, without the negative mark. */
  readonly names: readonly string[]
  /** Whether some value's id is not its name, so that constraints must compare the attribute `name`. */
  readonly renamed: boolean
}

interface PictValue {
  readonly name: string
  readonly aliases: readonly string[]
  readonly negative: boolean
  readonly weight: number | undefined
}

const WEIGHT = /\(\s*(\d+)\s*\)\s*$/
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
const LONGEST = 64

/** Reads `Name: value, value | alias, ~negative, value (weight), <other parameter>`. */
export function pictAxes(lines: readonly { readonly text: string; readonly line: number }[]): {
  readonly axes: readonly PictAxis[]
  readonly problems: RuleProblem[]
} {
  const problems: RuleProblem[] = []
  const values = new Map<string, readonly PictValue[]>()
  const axes: PictAxis[] = []
  for (const { text, line } of lines) {
    const colon = text.indexOf(':')
    const name = text.slice(0, Math.max(0, colon)).trim()
    const fault =
      colon < 1
        ? 'expected "Parameter: value, value"'
        : values.has(name.toLowerCase())
          ? `parameter "${name}" is defined twice`
          : undefined
    if (fault !== undefined) {
      problems.push({
        message: fault,
        hint: 'one parameter to a line, its name before a colon',
        line,
        column: 1,
      })
      continue
    }
    const own = text
      .slice(colon + 1)
      .split(',')
      .flatMap((part) => {
        const reused = /^\s*<\s*([^>]+?)\s*>\s*$/.exec(part)
        return reused === null
          ? [readValue(part)]
          : (values.get(reused[1]!.toLowerCase()) ?? [readValue(part)])
      })
    values.set(name.toLowerCase(), own)
    axes.push(
      axisOf(
        name,
        own,
        uniqueName(
          name,
          axes.map((axis) => axis.id),
        ),
      ),
    )
  }
  if (axes.length === 0 && problems.length === 0) {
    problems.push({
      message: 'the model has no parameters',
      hint: 'write one as "Parameter: value, value"',
      line: 1,
      column: 1,
    })
  }
  return { axes, problems }
}

function readValue(part: string): PictValue {
  const weight = WEIGHT.exec(part)?.[1]
  const names = part
    .replace(WEIGHT, '')
    .split('|')
    .map((name) => name.trim())
  const negative = names[0]!.startsWith('~')
  return {
    name: negative ? names[0]!.slice(1).trim() : names[0]!,
    aliases: names.slice(1),
    negative,
    weight: weight === undefined ? undefined : Number(weight),
  }
}

function axisOf(name: string, values: readonly PictValue[], id: string): PictAxis {
  const ids: string[] = []
  for (const value of values) ids.push(uniqueName(value.name, ids))
  const renamed = values.some((value, at) => value.name !== ids[at])
  const numeric = values.every((value) => asNumber(value.name) !== undefined)
  const definitions = values.map((value, at): AxisValue => ({
    id: ids[at]!,
    ...(renamed
      ? {
          title: value.name.slice(0, 200),
          attributes: { name: numeric ? Number(value.name) : value.name.slice(0, 256) },
        }
      : {}),
    ...(value.weight === undefined ? {} : { weight: value.weight }),
    ...(value.negative ? { negative: true } : {}),
    ...(value.aliases.length === 0 ? {} : { aliases: value.aliases.slice(0, 32) }),
  }))
  return {
    name,
    id,
    definition: { ...(id === name ? {} : { title: name.slice(0, 200) }), values: definitions },
    names: values.map((value) => value.name),
    renamed,
  }
}

/** The name if a matrix can have it, else a similar one; never one of those taken (PICT ignores case, so does this). */
function uniqueName(name: string, taken: readonly string[]): string {
  const plain = name
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .replace(/-+$/, '')
    .slice(0, LONGEST - 6)
  const wanted = NAME.test(name) && name.length <= LONGEST ? name : plain === '' ? 'value' : plain
  const used = new Set(taken.map((other) => other.toLowerCase()))
  let unique = wanted
  for (let number = 2; used.has(unique.toLowerCase()); number += 1)
    unique = `${wanted.slice(0, LONGEST - 6)}-${number}`
  return unique
}
