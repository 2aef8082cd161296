/** Reads constraints in PICT's language; NOT binds tightest, then AND, then OR. */
import type { Literal, Predicate, Reference, Relation, Rule, RuleProblem } from './rule.ts'
import { RuleSyntaxError, tokenize } from './tokens.ts'
import type { Token } from './tokens.ts'

export type ParsedRules =
  | { readonly rules: readonly Rule[]; readonly problem?: never }
  | { readonly problem: RuleProblem; readonly rules?: never }

/** Deeper than any sensible constraint, shallow enough for the call stack. */
const DEPTH_LIMIT = 200

/** One or more constraints, each ended by ";" (the last one need not be). Never throws on bad text: the problem is data. */
export function parseRules(text: string): ParsedRules {
  try {
    const parser = new RuleParser(tokenize(text))
    return { rules: parser.rules() }
  } catch (error) {
    if (error instanceof RuleSyntaxError) return { problem: error.problem }
    throw error
  }
}

class RuleParser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  rules(): Rule[] {
    const rules: Rule[] = []
    do {
      rules.push(this.#rule())
      if (!this.#accepts('symbol', ';') && this.#token.kind !== 'end')
        this.#fail('expected ";" after the constraint')
    } while (this.#token.kind !== 'end')
    return rules
  }

  #rule(): Rule {
    if (!this.#accepts('word', 'IF')) return { consequence: this.#or() }
    const condition = this.#or()
    if (!this.#accepts('word', 'THEN')) this.#fail('expected THEN after the condition')
    const consequence = this.#or()
    return this.#accepts('word', 'ELSE')
      ? { condition, consequence, otherwise: this.#or() }
      : { condition, consequence }
  }

  #or(): Predicate {
    return this.#joined('or', 'OR', () => this.#joined('and', 'AND', () => this.#clause()))
  }

  #joined(kind: 'and' | 'or', word: string, operand: () => Predicate): Predicate {
    const terms = [operand()]
    while (this.#accepts('word', word)) terms.push(operand())
    return terms.length === 1 ? terms[0]! : { kind, terms }
  }

  #clause(): Predicate {
    this.#depth += 1
    if (this.#depth > DEPTH_LIMIT) this.#fail('the constraint is nested too deeply')
    const predicate = this.#openClause()
    this.#depth -= 1
    return predicate
  }

  #openClause(): Predicate {
    if (this.#accepts('word', 'NOT')) return { kind: 'not', term: this.#clause() }
    if (this.#accepts('symbol', '(')) {
      const inner = this.#or()
      if (!this.#accepts('symbol', ')')) this.#fail('expected ")"')
      return inner
    }
    if (this.#accepts('word', 'ISNEGATIVE')) return this.#sign(true)
    if (this.#accepts('word', 'ISPOSITIVE')) return this.#sign(false)
    return this.#term()
  }

  #sign(negative: boolean): Predicate {
    if (!this.#accepts('symbol', '(')) this.#fail('expected "("')
    const left = this.#reference()
    if (!this.#accepts('symbol', ')')) this.#fail('expected ")"')
    return { kind: 'sign', left, negative }
  }

  #term(): Predicate {
    const left = this.#reference()
    const negated = this.#accepts('word', 'NOT')
    const term = this.#relationTo(left, negated)
    return negated ? { kind: 'not', term } : term
  }

  #relationTo(left: Reference, negated: boolean): Predicate {
    if (this.#accepts('word', 'LIKE')) {
      if (this.#token.kind !== 'string') this.#fail('expected a pattern in quotes after LIKE')
      return { kind: 'like', left, pattern: this.#take().text }
    }
    if (this.#accepts('word', 'IN')) return { kind: 'in', left, values: this.#set() }
    if (negated) this.#fail('expected LIKE or IN after NOT')
    const relation = this.#relation()
    const right = this.#token.kind === 'name' ? this.#reference() : this.#literal()
    return { kind: 'compare', left, relation, right }
  }

  #relation(): Relation {
    const { kind, text } = this.#token
    if (kind !== 'symbol' || !isRelation(text)) this.#fail('expected =, <>, <, <=, >, >=, IN or LIKE')
    this.#take()
    return text
  }

  #set(): Literal[] {
    if (!this.#accepts('symbol', '{')) this.#fail('expected "{" after IN')
    const values = [this.#literal()]
    while (this.#accepts('symbol', ',')) values.push(this.#literal())
    if (!this.#accepts('symbol', '}')) this.#fail('expected "," or "}"')
    return values
  }

  #literal(): Literal {
    const { kind, line, column } = this.#token
    if (kind === 'string') return { kind: 'literal', value: this.#take().text, at: { line, column } }
    if (kind !== 'number') this.#fail('expected a value: "text" or a number')
    const { text } = this.#take()
    // As a number 26100.4890 would lose its last digit, which counts in a version.
    return { kind: 'literal', value: /\.\d*0$/.test(text) ? text : Number(text), at: { line, column } }
  }

  #reference(): Reference {
    const { kind, line, column, text } = this.#token
    if (kind !== 'name') this.#fail('expected a parameter in brackets, as [build]')
    if (text === '') this.#fail('the brackets hold no parameter name')
    this.#take()
    return { kind: 'reference', name: text, at: { line, column } }
  }

  get #token(): Token {
    return this.#tokens[this.#at]!
  }

  #take(): Token {
    const token = this.#token
    if (token.kind !== 'end') this.#at += 1
    return token
  }

  #accepts(kind: 'word' | 'symbol', text: string): boolean {
    const token = this.#token
    if (token.kind !== kind || (kind === 'word' ? token.text.toUpperCase() : token.text) !== text)
      return false
    this.#at += 1
    return true
  }

  #fail(expected: string): never {
    const { kind, text, line, column } = this.#token
    const found = kind === 'end' ? 'the constraint ends here' : `found ${JSON.stringify(text)}`
    throw new RuleSyntaxError({ message: `${expected}; ${found}`, line, column })
  }
}

function isRelation(text: string): text is Relation {
  return text === '=' || text === '<>' || text === '<' || text === '<=' || text === '>' || text === '>='
}
