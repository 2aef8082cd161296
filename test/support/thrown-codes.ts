/**
 * Every code that an error of `src` can carry, found by the compiler: not words that look like codes, but what stands at the places
 * where an error, or a fault of a machine, gets its code. Where a function is given the code, its calls are looked at.
 */
import { join, relative } from 'node:path'
import type { FileSystem } from 'typescript/unstable/fs'
import { API, SymbolFlags, type Checker, type Project, type Symbol } from 'typescript/unstable/sync'
import { SyntaxKind, type Expression, type Node } from 'typescript/unstable/ast'
import {
  isArrowFunction,
  isAsExpression,
  isBinaryExpression,
  isBindingElement,
  isCallExpression,
  isConditionalExpression,
  isFunctionDeclaration,
  isIdentifier,
  isMethodDeclaration,
  isNewExpression,
  isObjectLiteralExpression,
  isParenthesizedExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isShorthandPropertyAssignment,
  isStringLiteral,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is'
import { walkSyntax } from './walk-syntax.ts'

export interface ThrownCodes {
  readonly codes: ReadonlySet<string>
  /** Places at which the code is made of something else than words of the source, as `plugins/x.ts: id.replace(…)`. */
  readonly unknown: readonly string[]
}

/** The first argument is a code. */
const ERRORS = new Set(['AppError', 'LimitExceeded'])
/** Beside a `code`, what makes an object the record of an error, a signal of a host or an entry of a table of known errors. */
const RECORDS = new Set(['fault', 'hint', 'words'])

interface Program {
  readonly root: string
  readonly project: Project
  readonly files: readonly { readonly name: string; readonly nodes: readonly Node[]; readonly text: string }[]
}

/** Looks at the program for Node in `root`. `overlay` replaces files for the compiler: absolute path → text. */
export function findThrownCodes(root: string, overlay: ReadonlyMap<string, string> = new Map()): ThrownCodes {
  const fs: FileSystem = { readFile: (path) => overlay.get(path) }
  const api = new API({ cwd: root, fs })
  try {
    const config = join(root, 'tsconfig.build.json')
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config)
    if (project === undefined) throw new Error(`${config} opens no project`)
    const program: Program = { root, project, files: filesOf(project, root) }
    const codes = new Set<string>()
    const unknown: string[] = []
    for (const file of program.files)
      for (const origin of file.nodes.flatMap(codeIn)) {
        for (const value of valuesOf(program, origin)) {
          if (typeof value === 'string') codes.add(value)
          // The schema of a record is none.
          else if (!textOf(value, file.text).startsWith('z.'))
            unknown.push(`${relative(join(root, 'src'), file.name)}: ${textOf(value, file.text)}`)
        }
      }
    return { codes, unknown }
  } finally {
    api.close()
  }
}

function filesOf({ program }: Project, root: string): Program['files'] {
  return program
    .getSourceFileNames()
    .filter((name) => name.startsWith(join(root, 'src/')))
    .flatMap((name) => {
      const source = program.getSourceFile(name)
      if (source === undefined) return []
      const nodes: Node[] = []
      walkSyntax(source, (node) => nodes.push(node))
      return [{ name, nodes, text: source.text }]
    })
}

/** The expression that a node takes as the code of an error. */
function codeIn(node: Node): readonly Expression[] {
  if (isNewExpression(node) && isIdentifier(node.expression)) {
    const { text } = node.expression
    const [first, , third] = node.arguments ?? []
    if (ERRORS.has(text)) return first === undefined ? [] : [first]
    return text === 'MachineTrouble' && third !== undefined ? memberOf(third, 'code') : []
  }
  if (!isObjectLiteralExpression(node)) return []
  const names = node.properties.flatMap((property) =>
    (isPropertyAssignment(property) || isShorthandPropertyAssignment(property)) && isIdentifier(property.name)
      ? [property.name.text]
      : [],
  )
  const isRecord = names.some((name) => RECORDS.has(name))
  const isFault = memberOf(node, 'kind').some((kind) => isStringLiteral(kind) && kind.text === 'host-fault')
  return isRecord || isFault ? memberOf(node, 'code') : []
}

function memberOf(node: Node, name: string): readonly Expression[] {
  if (!isObjectLiteralExpression(node)) return []
  return node.properties.flatMap((property): readonly Expression[] => {
    if (isPropertyAssignment(property) && isIdentifier(property.name) && property.name.text === name)
      return [property.initializer]
    return isShorthandPropertyAssignment(property) &&
      isIdentifier(property.name) &&
      property.name.text === name
      ? [property.name]
      : []
  })
}

/** Words that an expression can be; itself where that cannot be told. Nothing for a code that is only passed on. */
function valuesOf(program: Program, expression: Expression): readonly (string | Expression)[] {
  if (isStringLiteral(expression)) return [expression.text]
  if (isParenthesizedExpression(expression) || isAsExpression(expression))
    return valuesOf(program, expression.expression)
  if (isConditionalExpression(expression))
    return [expression.whenTrue, expression.whenFalse].flatMap((part) => valuesOf(program, part))
  if (isBinaryExpression(expression) && expression.operatorToken.kind === SyntaxKind.QuestionQuestionToken)
    return [expression.left, expression.right].flatMap((part) => valuesOf(program, part))
  // The code of another error, signal or entry, which is looked at where that is made.
  if (isPropertyAccessExpression(expression) && expression.name.text === 'code') return []
  if (isIdentifier(expression)) return valuesOfName(program, expression)
  return [expression]
}

/** What a local name holds: its initializer, the code of what it was taken out of, or what callers give for a parameter. */
function valuesOfName(
  program: Program,
  name: Expression & { readonly text: string },
): readonly (string | Expression)[] {
  for (let around: Node | undefined = name.parent; around !== undefined; around = around.parent) {
    const parameters =
      isFunctionDeclaration(around) || isMethodDeclaration(around) || isArrowFunction(around)
        ? around.parameters
        : []
    const place = parameters.findIndex(({ name: own }) => isIdentifier(own) && own.text === name.text)
    if (place >= 0) {
      const given = argumentsAt(program, around, place)
      return given.length === 0 ? [name] : given.flatMap((argument) => valuesOf(program, argument))
    }
    for (const declared of declarationsIn(around, name.text)) {
      if (isBindingElement(declared))
        return (declared.propertyName ?? declared.name) === undefined ? [name] : []
      if (isVariableDeclaration(declared) && declared.initializer !== undefined)
        return valuesOf(program, declared.initializer)
    }
  }
  return [name]
}

/** Variables of this name that stand directly in a block, not in a function within it. */
function declarationsIn(block: Node, name: string): readonly Node[] {
  if (block.kind !== SyntaxKind.Block && block.kind !== SyntaxKind.SourceFile) return []
  const found: Node[] = []
  const look = (node: Node): undefined => {
    if (isFunctionDeclaration(node) || isArrowFunction(node) || isMethodDeclaration(node)) return undefined
    if (
      (isVariableDeclaration(node) || isBindingElement(node)) &&
      isIdentifier(node.name!) &&
      node.name.text === name
    )
      found.push(node)
    node.forEachChild(look)
    return undefined
  }
  block.forEachChild(look)
  return found
}

/** What all calls of a function give at this place. */
function argumentsAt(
  { project: { checker }, files }: Program,
  called: Node,
  place: number,
): readonly Expression[] {
  const nameNode =
    isFunctionDeclaration(called) || isMethodDeclaration(called)
      ? called.name
      : called.parent !== undefined && isVariableDeclaration(called.parent)
        ? called.parent.name
        : undefined
  if (nameNode === undefined) return []
  const own = keyOf(checker, nameNode)
  const label = (nameNode as { readonly text?: string }).text
  return files.flatMap(({ nodes }) =>
    nodes.flatMap((node) => {
      if (!isCallExpression(node)) return []
      const callee = isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression
      if ((callee as { readonly text?: string }).text !== label || keyOf(checker, callee) !== own) return []
      const argument = node.arguments[place]
      return argument === undefined ? [] : [argument]
    }),
  )
}

function keyOf(checker: Checker, node: Node): string | undefined {
  const symbol = checker.getSymbolAtLocation(node)
  const real: Symbol | undefined =
    symbol !== undefined && (symbol.flags & SymbolFlags.Alias) !== 0
      ? checker.getAliasedSymbol(symbol)
      : symbol
  const [declaration] = real?.declarations ?? []
  return declaration === undefined ? undefined : `${declaration.path}#${declaration.index}`
}

function textOf(node: Node, text: string): string {
  return text.slice(node.pos, node.end).replace(/\s+/g, ' ').trim()
}
