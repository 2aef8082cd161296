/** Splits the text of constraints into tokens. */
import type { Position, RuleProblem } from './rule.ts'

export interface Token extends Position {
  /** `name` is a bracketed parameter; `symbol` one of ( ) { } , ; and the relations; `end` closes the text. */
  readonly kind: 'name' | 'string' | 'number' | 'word' | 'symbol' | 'end'
  readonly text: string
}

/** Thrown inside the parser and turned into data at its door. */
export class RuleSyntaxError extends Error {
  readonly problem: RuleProblem
  constructor(problem: RuleProblem) {
    super(problem.message)
    this.problem = problem
  }
}

const SPACE = /\s+|#[^\n]*/y
const SYMBOL = /<>|<=|>=|[=<>(){},;]/y
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y
const CLOSING = { '"': '"', '[': ']' } as const

/** All tokens of the text, ended by one of kind `end`. Throws RuleSyntaxError at the first character that begins none. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  const cursor = new Cursor(text)
  for (;;) {
    cursor.take(SPACE)
    if (cursor.done) break
    tokens.push(nextToken(cursor))
  }
  return [...tokens, { kind: 'end', text: '', ...cursor.position }]
}

function nextToken(cursor: Cursor): Token {
  const start = cursor.position
  const opening = cursor.character
  if (opening === '"' || opening === '[') {
    return {
      kind: opening === '"' ? 'string' : 'name',
      text: quoted(cursor, CLOSING[opening], start),
      ...start,
    }
  }
  for (const [kind, pattern] of [
    ['symbol', SYMBOL],
    ['number', NUMBER],
    ['word', WORD],
  ] as const) {
    const text = cursor.take(pattern)
    if (text !== '') return { kind, text, ...start }
  }
  throw new RuleSyntaxError({
    message: `a constraint cannot contain ${JSON.stringify(opening)} here`,
    hint: 'write parameters as [name] and text values as "value"',
    ...start,
  })
}

/** The text up to the closing mark; a backslash before the mark or before a backslash makes it plain text. */
function quoted(cursor: Cursor, closing: string, start: Position): string {
  cursor.advance(1)
  let text = ''
  while (!cursor.done && cursor.character !== closing) {
    const escaped = cursor.character === '\\' && (cursor.following === closing || cursor.following === '\\')
    if (escaped) cursor.advance(1)
    text += cursor.character
    cursor.advance(1)
  }
  if (cursor.done) {
    throw new RuleSyntaxError({
      message:
        closing === '"'
          ? 'the text that begins here is never closed'
          : 'the parameter name that begins here is never closed',
      hint: `add the missing ${closing}`,
      ...start,
    })
  }
  cursor.advance(1)
  return closing === ']' ? text.trim() : text
}

/** A place in the text that knows its line and column. */
class Cursor {
  readonly #text: string
  #at = 0
  #line = 1
  #lineStart = 0

  constructor(text: string) {
    this.#text = text
  }

  get done(): boolean {
    return this.#at >= this.#text.length
  }

  get character(): string {
    return this.#text.charAt(this.#at)
  }

  get following(): string {
    return this.#text.charAt(this.#at + 1)
  }

  get position(): Position {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 }
  }

  advance(length: number): void {
    for (let step = 0; step < length; step += 1) {
      this.#at += 1
      if (this.#text.charAt(this.#at - 1) !== '\n') continue
      this.#line += 1
      this.#lineStart = this.#at
    }
  }

  /** Consumes what the sticky pattern matches here, as often as it matches; returns the first match, or "". */
  take(pattern: RegExp): string {
    let first = ''
    do {
      pattern.lastIndex = this.#at
      const match = pattern.exec(this.#text)?.[0] ?? ''
      this.advance(match.length)
      if (first === '') first = match
      if (match === '' || pattern !== SPACE) return first
    } while (!this.done)
    return first
  }
}
