/** What a constraint forbids, as a region; and what in it names nothing that exists. */
import { compareScalars, matchesPattern } from './compare-scalars.ts'
import { EVERYWHERE, NOWHERE, intersect, slab, unite } from './region.ts'
import type { Region } from './region.ts'
import type { Literal, Predicate, Reference, Rule, RuleProblem } from './rule.ts'
import { asNumber, findAspect, knownNames, spellingHint } from './vocabulary.ts'
import type { Aspect, Scalar, Vocabulary } from './vocabulary.ts'

/** The configurations that break the rule. Throws RegionTooLarge. Problems found on the way are handed to `report`. */
export function ruleRegion(
  rule: Rule,
  vocabulary: Vocabulary,
  report: (problem: RuleProblem) => void,
): Region {
  const maker = new RegionMaker(vocabulary, report)
  const broken = maker.region(rule.consequence, false)
  if (rule.condition === undefined) return broken
  const inside = intersect(maker.region(rule.condition, true), broken)
  if (rule.otherwise === undefined) return inside
  return unite(inside, intersect(maker.region(rule.condition, false), maker.region(rule.otherwise, false)))
}

class RegionMaker {
  readonly #vocabulary: Vocabulary
  readonly #report: (problem: RuleProblem) => void

  constructor(vocabulary: Vocabulary, report: (problem: RuleProblem) => void) {
    this.#vocabulary = vocabulary
    this.#report = report
  }

  /** Where the predicate has the truth value asked for. */
  region(predicate: Predicate, truth: boolean): Region {
    switch (predicate.kind) {
      case 'not':
        return this.region(predicate.term, !truth)
      case 'and':
      case 'or': {
        const regions = predicate.terms.map((term) => this.region(term, truth))
        const together = (predicate.kind === 'and') === truth
        return together ? regions.reduce(intersect, EVERYWHERE) : regions.reduce(unite, NOWHERE)
      }
      case 'compare':
        return this.#compare(predicate, truth)
      case 'like':
        return this.#where(
          predicate.left,
          truth,
          (shown) => shown !== undefined && matchesPattern(String(shown), predicate.pattern),
        )
      case 'in':
        return this.#in(predicate.left, predicate.values, truth)
      case 'sign':
        return this.#where(predicate.left, truth, (_, negative) => negative === predicate.negative)
    }
  }

  #compare(predicate: Predicate & { kind: 'compare' }, truth: boolean): Region {
    const { left, relation, right } = predicate
    if (right.kind === 'reference') return this.#compareAxes(predicate, right, truth)
    const aspect = this.#aspect(left)
    if (aspect === undefined) return NOWHERE
    this.#check(aspect, right, relation === '=' || relation === '<>')
    const numeric = aspect.numeric && asNumber(right.value) !== undefined
    return this.#where(left, truth, (shown) => compareScalars(shown, relation, right.value, numeric))
  }

  #compareAxes(predicate: Predicate & { kind: 'compare' }, other: Reference, truth: boolean): Region {
    const left = this.#aspect(predicate.left)
    const right = this.#aspect(other)
    if (left === undefined || right === undefined) return NOWHERE
    const numeric = left.numeric && right.numeric
    if (left.numeric !== right.numeric) {
      this.#report({
        message: `[${predicate.left.name}] and [${other.name}] cannot be compared: one is a number, the other text`,
        ...other.at,
      })
    }
    const related = (one: Scalar | undefined, two: Scalar | undefined): boolean =>
      compareScalars(one, predicate.relation, two, numeric) === truth
    if (left.axis === right.axis) {
      return this.#slab(left.axis, (value) => related(left.shown[value], right.shown[value]))
    }
    return left.shown.reduce<Region>((region, one, value) => {
      const here = this.#slab(left.axis, (index) => index === value)
      return unite(
        region,
        intersect(
          here,
          this.#slab(right.axis, (index) => related(one, right.shown[index])),
        ),
      )
    }, NOWHERE)
  }

  #in(left: Reference, values: readonly Literal[], truth: boolean): Region {
    const aspect = this.#aspect(left)
    if (aspect === undefined) return NOWHERE
    for (const value of values) this.#check(aspect, value, true)
    return this.#where(left, truth, (shown) =>
      values.some((literal) =>
        compareScalars(shown, '=', literal.value, aspect.numeric && asNumber(literal.value) !== undefined),
      ),
    )
  }

  #where(
    reference: Reference,
    truth: boolean,
    test: (shown: Scalar | undefined, negative: boolean) => boolean,
  ): Region {
    const aspect = this.#aspect(reference)
    if (aspect === undefined) return NOWHERE
    const { values } = this.#vocabulary[aspect.axis]!
    return this.#slab(aspect.axis, (value) => test(aspect.shown[value], values[value]!.negative) === truth)
  }

  #slab(axis: number, chosen: (value: number) => boolean): Region {
    const count = this.#vocabulary[axis]!.values.length
    let mask = 0n
    for (let value = 0; value < count; value += 1) if (chosen(value)) mask |= 1n << BigInt(value)
    return slab(axis, mask, (1n << BigInt(count)) - 1n)
  }

  #aspect(reference: Reference): Aspect | undefined {
    const aspect = findAspect(this.#vocabulary, reference.name)
    if (aspect === undefined) {
      this.#report({
        message: `there is no axis "${reference.name}"`,
        hint: spellingHint(reference.name, knownNames(this.#vocabulary)),
        ...reference.at,
      })
    }
    return aspect
  }

  /** A value that is compared for equality must exist; a number axis is not ordered against text. */
  #check(aspect: Aspect, literal: Literal, equality: boolean): void {
    const name =
      this.#vocabulary[aspect.axis]!.id + (aspect.attribute === undefined ? '' : `.${aspect.attribute}`)
    const numeric = aspect.numeric && asNumber(literal.value) !== undefined
    if (!equality) {
      if (aspect.numeric === (asNumber(literal.value) !== undefined) || typeof literal.value === 'string')
        return
      this.#report({
        message: `[${name}] is text and cannot be ordered against the number ${literal.value}`,
        hint: 'compare a numeric attribute, as [build.release]',
        ...literal.at,
      })
      return
    }
    if (aspect.shown.some((shown) => compareScalars(shown, '=', literal.value, numeric))) return
    this.#report({
      message: `[${name}] has no value ${JSON.stringify(literal.value)}`,
      hint: spellingHint(String(literal.value), [
        ...new Set(aspect.shown.filter((shown) => shown !== undefined).map(String)),
      ]),
      ...literal.at,
    })
  }
}
