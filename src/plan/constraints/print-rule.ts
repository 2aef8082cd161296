/** Writes constraints in PICT's language, so that reading them again gives the same tree. */
import type { Literal, Predicate, Reference, Rule } from './rule.ts'

/** One constraint with its closing semicolon, on one line. */
export function printRule(rule: Rule): string {
  const consequence = printPredicate(rule.consequence)
  if (rule.condition === undefined) return `${consequence};`
  const otherwise = rule.otherwise === undefined ? '' : ` ELSE ${printPredicate(rule.otherwise)}`
  return `IF ${printPredicate(rule.condition)} THEN ${consequence}${otherwise};`
}

/** A predicate with the parentheses that it needs. */
export function printPredicate(predicate: Predicate): string {
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return predicate.terms
        .map((term) => printOperand(term))
        .join(predicate.kind === 'and' ? ' AND ' : ' OR ')
    case 'not':
      return `NOT ${printOperand(predicate.term)}`
    case 'compare': {
      const { left, relation, right } = predicate
      return `${printReference(left)} ${relation} ${right.kind === 'literal' ? printLiteral(right) : printReference(right)}`
    }
    case 'like':
      return `${printReference(predicate.left)} LIKE ${quote(predicate.pattern)}`
    case 'in':
      return `${printReference(predicate.left)} IN {${predicate.values.map(printLiteral).join(', ')}}`
    case 'sign':
      return `${predicate.negative ? 'IsNegative' : 'IsPositive'}(${printReference(predicate.left)})`
  }
}

function printOperand(predicate: Predicate): string {
  const text = printPredicate(predicate)
  return predicate.kind === 'and' || predicate.kind === 'or' ? `(${text})` : text
}

function printReference(reference: Reference): string {
  return `[${reference.name.replaceAll(/[\\\]]/g, String.raw`\$&`)}]`
}

function printLiteral(literal: Literal): string {
  return typeof literal.value === 'number' ? String(literal.value) : quote(literal.value)
}

function quote(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, String.raw`\$&`)}"`
}
