/** Turns every constraint of a matrix into forbidden boxes over symbols, keeping track of which constraint made which. */
import type { Matrix, MatrixConstraint } from '../../model/matrix.ts'
import type { ForbiddenBox } from '../covering/covering-model.ts'
import type { MatrixProblem } from '../../model/matrix-problem.ts'
import { parseRules } from './parse-rules.ts'
import { brokenRegion, partialRegion } from './partial-region.ts'
import { NOWHERE, RegionTooLarge, intersect, unite } from './region.ts'
import type { Region } from './region.ts'
import { ruleRegion } from './rule-region.ts'
import type { Vocabulary } from './vocabulary.ts'

/** One thing in the matrix that forbids combinations. */
export interface ConstraintSource {
  readonly kind: 'constraint' | 'exclude' | 'negative'
  readonly path: readonly (string | number)[]
  /** As a person would say or wrote it. */
  readonly text: string
  readonly reason?: string
}

export interface CompiledConstraints {
  /** `source` of a box is an index into `sources`. */
  readonly boxes: readonly ForbiddenBox[]
  readonly sources: readonly ConstraintSource[]
  readonly problems: readonly MatrixProblem[]
}

/** Compiles constraints, exclusions and the rule that a cell holds at most one negative value. Problems are data. */
export function compileConstraints(
  matrix: Matrix,
  vocabulary: Vocabulary,
  offsets: Int32Array,
): CompiledConstraints {
  const problems: MatrixProblem[] = []
  const sources: ConstraintSource[] = []
  const boxes: ForbiddenBox[] = []
  const report = (problem: MatrixProblem): void => void problems.push(problem)
  const add = (source: ConstraintSource, region: () => Region): void => {
    sources.push(source)
    for (const box of bounded(region, source, report)) {
      boxes.push({
        source: sources.length - 1,
        sides: [...box].map(([axis, mask]) => ({ axis, symbols: symbolsOf(mask, offsets[axis]!) })),
      })
    }
  }
  matrix.constraints?.forEach((constraint, at) => {
    const path = ['constraints', at]
    const reason = constraint.reason === undefined ? {} : { reason: constraint.reason }
    const source = { kind: 'constraint', path, text: describe(constraint), ...reason } as const
    add(source, () => constraintRegion(constraint, vocabulary, path, report))
  })
  matrix.exclude?.forEach((partial, at) => {
    const path = ['exclude', at]
    const source = { kind: 'exclude', path, text: `exclude ${describePartial(partial)}` } as const
    add(source, () => partialRegion(partial, vocabulary, path, report))
  })
  if (vocabulary.filter((axis) => axis.values.some((value) => value.negative)).length > 1) {
    const source = { kind: 'negative', path: ['axes'], text: 'at most one negative value in a cell' } as const
    add(source, () => negativeRegion(vocabulary))
  }
  return { boxes, sources, problems }
}

function bounded(
  region: () => Region,
  source: ConstraintSource,
  report: (problem: MatrixProblem) => void,
): Region {
  try {
    return region()
  } catch (error) {
    if (!(error instanceof RegionTooLarge)) throw error
    report({
      path: source.path,
      message: 'this constraint is too wide to be planned with',
      hint: 'split it into several constraints joined by ";"',
    })
    return NOWHERE
  }
}

function constraintRegion(
  constraint: MatrixConstraint,
  vocabulary: Vocabulary,
  path: readonly (string | number)[],
  report: (problem: MatrixProblem) => void,
): Region {
  if ('rule' in constraint) {
    const rulePath = [...path, 'rule']
    const parsed = parseRules(constraint.rule)
    if (parsed.problem !== undefined) {
      report({ path: rulePath, ...parsed.problem })
      return NOWHERE
    }
    return parsed.rules.reduce<Region>(
      (region, rule) =>
        unite(
          region,
          ruleRegion(rule, vocabulary, (problem) => report({ path: rulePath, ...problem })),
        ),
      NOWHERE,
    )
  }
  const { when = {}, require, forbid } = constraint
  if (require === undefined && forbid === undefined) {
    report({ path, message: 'this constraint says nothing', hint: 'add "require" or "forbid"' })
    return NOWHERE
  }
  const inside = partialRegion(when, vocabulary, [...path, 'when'], report)
  const broken =
    require === undefined ? NOWHERE : brokenRegion(require, vocabulary, [...path, 'require'], report)
  const banned =
    forbid === undefined ? NOWHERE : partialRegion(forbid, vocabulary, [...path, 'forbid'], report)
  return intersect(inside, unite(broken, banned))
}

function negativeRegion(vocabulary: Vocabulary): Region {
  const masks = vocabulary.map((axis) =>
    axis.values.reduce((mask, value, at) => (value.negative ? mask | (1n << BigInt(at)) : mask), 0n),
  )
  const boxes: Map<number, bigint>[] = []
  masks.forEach((mask, axis) => {
    for (let other = 0; other < axis; other += 1) {
      if (mask !== 0n && masks[other] !== 0n)
        boxes.push(
          new Map([
            [other, masks[other]!],
            [axis, mask],
          ]),
        )
    }
  })
  return boxes
}

function symbolsOf(mask: bigint, first: number): number[] {
  const symbols: number[] = []
  for (let value = 0, rest = mask; rest !== 0n; value += 1, rest >>= 1n)
    if ((rest & 1n) === 1n) symbols.push(first + value)
  return symbols
}

function describe(constraint: MatrixConstraint): string {
  if ('rule' in constraint) return constraint.rule.trim()
  const parts = (['when', 'require', 'forbid'] as const).flatMap((key) => {
    const partial = constraint[key]
    return partial === undefined ? [] : [`${key} ${describePartial(partial)}`]
  })
  return parts.join(', ')
}

function describePartial(partial: Readonly<Record<string, string | readonly string[]>>): string {
  const sides = Object.entries(partial).map(([axis, wanted]) =>
    typeof wanted === 'string' ? `${axis} = ${wanted}` : `${axis} in {${wanted.join(', ')}}`,
  )
  return sides.join(' and ')
}
