/** The tree of a constraint in PICT's language (microsoft/pict, doc/pict.md, "Constraints Grammar"). */

/** Where a token begins in the rule's text; both start at 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

export type Relation = '=' | '<>' | '<' | '<=' | '>' | '>='

/** `[build]`, or an attribute of the axis' value: `[build.release]`. */
export interface Reference {
  readonly kind: 'reference'
  readonly name: string
  readonly at: Position
}

export interface Literal {
  readonly kind: 'literal'
  readonly value: string | number
  readonly at: Position
}

export type Predicate =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Predicate[] }
  | { readonly kind: 'not'; readonly term: Predicate }
  | {
      readonly kind: 'compare'
      readonly left: Reference
      readonly relation: Relation
      readonly right: Literal | Reference
    }
  | { readonly kind: 'like'; readonly left: Reference; readonly pattern: string }
  | { readonly kind: 'in'; readonly left: Reference; readonly values: readonly Literal[] }
  | { readonly kind: 'sign'; readonly left: Reference; readonly negative: boolean }

/** `IF condition THEN consequence ELSE otherwise;`, or without a condition an invariant. */
export interface Rule {
  readonly condition?: Predicate
  readonly consequence: Predicate
  readonly otherwise?: Predicate
}

/** What is wrong with a rule's text, and where. */
export interface RuleProblem extends Position {
  readonly message: string
  readonly hint?: string
}
