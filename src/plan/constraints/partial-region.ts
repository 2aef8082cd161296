/** What a `when` / `require` / `forbid` entry or an exclusion forbids. */
import type { PartialConfiguration } from '../../model/matrix.ts'
import type { MatrixProblem } from '../../model/matrix-problem.ts'
import { EVERYWHERE, NOWHERE, intersect, slab, unite } from './region.ts'
import type { Region } from './region.ts'
import { spellingHint } from './vocabulary.ts'
import type { Vocabulary } from './vocabulary.ts'

type Path = readonly (string | number)[]
type Report = (problem: MatrixProblem) => void

/** The configurations that match all entries of the partial configuration. Unknown names are reported and match nothing. */
export function partialRegion(
  partial: PartialConfiguration,
  vocabulary: Vocabulary,
  path: Path,
  report: Report,
): Region {
  return Object.entries(partial).reduce<Region>(
    (region, [axis, wanted]) =>
      intersect(region, sideRegion(axis, wanted, false, vocabulary, [...path, axis], report)),
    EVERYWHERE,
  )
}

/** The configurations that match at least one entry not at all, that is, that break `require`. */
export function brokenRegion(
  partial: PartialConfiguration,
  vocabulary: Vocabulary,
  path: Path,
  report: Report,
): Region {
  return Object.entries(partial).reduce<Region>(
    (region, [axis, wanted]) =>
      unite(region, sideRegion(axis, wanted, true, vocabulary, [...path, axis], report)),
    NOWHERE,
  )
}

function sideRegion(
  name: string,
  wanted: string | readonly string[],
  outside: boolean,
  vocabulary: Vocabulary,
  path: Path,
  report: Report,
): Region {
  const axis = vocabulary.findIndex((candidate) => candidate.id === name)
  if (axis === -1) {
    report({
      path,
      message: `there is no axis "${name}"`,
      hint: spellingHint(
        name,
        vocabulary.map((candidate) => candidate.id),
      ),
    })
    return NOWHERE
  }
  const ids = vocabulary[axis]!.values.map((value) => value.id)
  const list = typeof wanted === 'string' ? [wanted] : wanted
  let mask = 0n
  list.forEach((id, at) => {
    const value = ids.indexOf(id)
    if (value !== -1) mask |= 1n << BigInt(value)
    else {
      report({
        path: typeof wanted === 'string' ? path : [...path, at],
        message: `axis "${name}" has no value "${id}"`,
        hint: spellingHint(id, ids),
      })
    }
  })
  const all = (1n << BigInt(ids.length)) - 1n
  return slab(axis, outside ? all & ~mask : mask, all)
}
