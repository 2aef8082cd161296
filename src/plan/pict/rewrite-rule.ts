/** Makes a constraint of a PICT file speak of the matrix' axes and values instead of the file's. */
import { compareScalars } from '../constraints/compare-scalars.ts'
import type { Literal, Predicate, Reference, Rule, RuleProblem } from '../constraints/rule.ts'
import { asNumber } from '../constraints/vocabulary.ts'
import type { PictAxis } from './pict-axes.ts'

/** A constraint with a parameter that does not exist is left out, as PICT does; a value that does not exist matches nothing. */
export function rewriteRule(
  rule: Rule,
  axes: readonly PictAxis[],
  warn: (warning: RuleProblem) => void,
): Rule | undefined {
  const rewriter = new Rewriter(axes, warn)
  const rewritten = {
    ...(rule.condition === undefined ? {} : { condition: rewriter.predicate(rule.condition) }),
    consequence: rewriter.predicate(rule.consequence),
    ...(rule.otherwise === undefined ? {} : { otherwise: rewriter.predicate(rule.otherwise) }),
  }
  return rewriter.lost ? undefined : rewritten
}

class Rewriter {
  lost = false
  readonly #axes: readonly PictAxis[]
  readonly #warn: (warning: RuleProblem) => void

  constructor(axes: readonly PictAxis[], warn: (warning: RuleProblem) => void) {
    this.#axes = axes
    this.#warn = warn
  }

  predicate(predicate: Predicate): Predicate {
    switch (predicate.kind) {
      case 'and':
      case 'or':
        return { ...predicate, terms: predicate.terms.map((term) => this.predicate(term)) }
      case 'not':
        return { kind: 'not', term: this.predicate(predicate.term) }
      case 'compare':
        return this.#compare(predicate)
      case 'in': {
        const known = predicate.values.filter((value) => this.#exists(predicate.left, value))
        const left = this.#reference(predicate.left)
        return known.length === 0 ? never(left) : { kind: 'in', left, values: known }
      }
      case 'like':
        return { ...predicate, left: this.#reference(predicate.left) }
      case 'sign':
        return { ...predicate, left: this.#reference(predicate.left, false) }
    }
  }

  #compare(predicate: Predicate & { kind: 'compare' }): Predicate {
    const left = this.#reference(predicate.left)
    const { relation, right } = predicate
    if (right.kind === 'reference') return { ...predicate, left, right: this.#reference(right) }
    const equality = relation === '=' || relation === '<>'
    if (!equality || this.#exists(predicate.left, right)) return { ...predicate, left }
    return relation === '=' ? never(left) : { kind: 'like', left, pattern: '*' }
  }

  #axis(name: string): PictAxis | undefined {
    return this.#axes.find((axis) => axis.name.toLowerCase() === name.toLowerCase())
  }

  #reference(reference: Reference, byName = true): Reference {
    const axis = this.#axis(reference.name)
    if (axis === undefined) {
      this.lost = true
      this.#warn({
        message: `constraint left out: there is no parameter "${reference.name}"`,
        ...reference.at,
      })
      return reference
    }
    return { ...reference, name: axis.renamed && byName ? `${axis.id}.name` : axis.id }
  }

  #exists(reference: Reference, literal: Literal): boolean {
    const axis = this.#axis(reference.name)
    if (axis === undefined) return true
    const numeric =
      asNumber(literal.value) !== undefined && axis.names.every((name) => asNumber(name) !== undefined)
    if (axis.names.some((name) => compareScalars(name, '=', literal.value, numeric))) return true
    this.#warn({
      message: `parameter "${axis.name}" has no value ${JSON.stringify(literal.value)}`,
      ...literal.at,
    })
    return false
  }
}

/** A predicate that no configuration fulfils. */
function never(left: Reference): Predicate {
  return { kind: 'not', term: { kind: 'like', left, pattern: '*' } }
}
