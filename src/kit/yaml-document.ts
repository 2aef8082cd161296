/** YAML with the position of every key and value, so that an error can point at its line. */
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
} from 'yaml'

export interface Position {
  readonly line: number
  readonly column: number
}

export interface YamlDocument {
  readonly value: unknown
  /** Problems of the YAML itself; `value` is undefined when there are any. */
  readonly errors: readonly { readonly message: string; readonly position: Position }[]
  /** Where the value at this path stands, or its nearest ancestor that exists. `key: true` points at the key instead. */
  locate(path: readonly PropertyKey[], options?: { readonly key?: boolean }): Position
  /** The text that the scalar at this path is written as; undefined when nothing such stands there. */
  spelling(path: readonly PropertyKey[]): string | undefined
  /** Where an offset inside the plain text of the scalar at this path stands; block scalars count line by line. */
  locateInside(path: readonly PropertyKey[], line: number, column: number): Position
}

/** Aliases that one document may expand to: keeps "billion laughs" small (the yaml package's own limit). */
const MAXIMUM_ALIASES = 100

/** Parses one YAML 1.2 document. Never throws. */
export function parseYaml(text: string): YamlDocument {
  const counter = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: counter,
    uniqueKeys: true,
    prettyErrors: false,
    strict: true,
  })
  const at = (offset: number): Position => {
    const { line, col } = counter.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const errors = document.errors.map((error) => ({
    message: plainMessage(error.message),
    position: at(error.pos[0]),
  }))
  let value: unknown
  if (errors.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: MAXIMUM_ALIASES })
    } catch (error) {
      errors.push({ message: (error as Error).message, position: { line: 1, column: 1 } })
    }
  }
  const locate: YamlDocument['locate'] = (path, options) =>
    at(findOffset(document, path, options?.key ?? false))
  return {
    value,
    errors,
    locate,
    spelling(path) {
      const node = findNode(document, path)
      return isScalar(node) ? node.source : undefined
    },
    locateInside(path, line, column) {
      const node = findNode(document, path)
      const start = locate(path)
      if (!isScalar(node)) return start
      const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED'
      if (isBlock) return { line: start.line + line, column: indentOf(text, start.line + line) + column }
      const quote = node.type === 'PLAIN' ? 0 : 1
      return line === 1
        ? { line: start.line, column: start.column + quote + column - 1 }
        : { line: start.line + line - 1, column }
    },
  }
}

function indentOf(text: string, line: number): number {
  return /^ */.exec(text.split('\n')[line - 1] ?? '')?.[0].length ?? 0
}

/** The yaml package ends its messages with "at line …"; the position is told apart. */
function plainMessage(message: string): string {
  return message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message
}

function findNode(document: Document.Parsed, path: readonly PropertyKey[]): Node | null {
  let node: Node | null = document.contents
  for (const step of path) {
    if (isAlias(node)) node = (node.resolve(document) as Node | undefined) ?? null
    if (isMap(node))
      node =
        (node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(step))
          ?.value as Node | null) ?? null
    else if (isSeq(node)) node = (node.items[Number(step)] as Node | undefined) ?? null
    else return null
  }
  return node
}

function findOffset(document: Document.Parsed, path: readonly PropertyKey[], wantKey: boolean): number {
  let node: Node | null = document.contents
  let offset = node?.range?.[0] ?? 0
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = (node.resolve(document) as Node | undefined) ?? null
    if (isMap(node)) {
      const pair = node.items.find((entry) => isScalar(entry.key) && String(entry.key.value) === String(step))
      if (!isPair(pair)) return offset
      const key = pair.key as Node
      const value = pair.value as Node | null
      const isLast = index === path.length - 1
      offset = (isLast && wantKey ? key.range?.[0] : (value?.range?.[0] ?? key.range?.[0])) ?? offset
      node = value
    } else if (isSeq(node)) {
      node = (node.items[Number(step)] as Node | undefined) ?? null
      offset = node?.range?.[0] ?? offset
    } else return offset
  }
  return offset
}
