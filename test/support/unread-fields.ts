/**
 * Which fields of the file formats no code reads. The compiler itself answers: every place in `src` that reads a property is
 * resolved to the line of the schema that it means, so that a `title` which is read hides no other `title` that is not.
 */
import { join } from 'node:path'
import type { FileSystem } from 'typescript/unstable/fs'
import { API, type Checker, type Project, type Symbol, type Type } from 'typescript/unstable/sync'
import { SyntaxKind, type Node, type PropertyAssignment } from 'typescript/unstable/ast'
import {
  isBinaryExpression,
  isBindingElement,
  isCallExpression,
  isElementAccessExpression,
  isIdentifier,
  isObjectBindingPattern,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isStringLiteral,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is'
import { walkSyntax } from './walk-syntax.ts'

export interface UnreadFields {
  /** Every field of a file format, as `LabSchema.plugins.module`. */
  readonly fields: readonly string[]
  /** Those of them that nothing in `src` reads. */
  readonly unread: readonly string[]
}

/** The program of Node and that of the page: each looks at its own files. */
const PROGRAMS = [
  ['tsconfig.build.json', /\/src\/(?!page\/)/],
  ['src/page/tsconfig.json', /\/src\/page\//],
] as const

/** Reads every member of its argument. */
const WALKS = /^Object\.(?:entries|values|keys)$/

/**
 * Looks at both programs of `root`: the one for Node and the one for the page. `overlay` replaces files for the compiler:
 * absolute path → text. A field is one of a zod schema in `model/` or `record/`, or of a strict one elsewhere (which people
 * write); one with a single allowed value is read by the schema itself.
 */
export function findUnreadFields(
  root: string,
  overlay: ReadonlyMap<string, string> = new Map(),
): UnreadFields {
  const fs: FileSystem = { readFile: (path) => overlay.get(path) }
  const api = new API({ cwd: root, fs })
  try {
    const configs = PROGRAMS.map(([config]) => join(root, config))
    const snapshot = api.updateSnapshot({ openProjects: configs })
    const fields = new Map<string, string>()
    const read = new Set<string>()
    for (const [config, files] of PROGRAMS) {
      const project = snapshot.getProject(join(root, config))
      if (project === undefined) throw new Error(`${config} opens no project`)
      for (const file of sourcesOf(project, root).filter((path) => files.test(path))) {
        for (const key of readIn(project, file)) read.add(key)
        for (const [key, name] of definedIn(project, file, root)) fields.set(key, name)
      }
    }
    return {
      fields: [...new Set(fields.values())],
      unread: [...fields].flatMap(([key, name]) => (read.has(key) ? [] : [name])),
    }
  } finally {
    api.close()
  }
}

function sourcesOf({ program }: Project, root: string): readonly string[] {
  return program.getSourceFileNames().filter((file) => file.startsWith(join(root, 'src/')))
}

/** The declarations of all properties that a file reads. */
function readIn({ program, checker }: Project, file: string): string[] {
  const source = program.getSourceFile(file)
  if (source === undefined) return []
  const accessed: Node[] = []
  const symbols: (Symbol | undefined)[] = []
  walkSyntax(source, (node) => {
    if (isPropertyAccessExpression(node)) {
      if (!isWritten(node)) accessed.push(node.name)
    } else if (isElementAccessExpression(node)) {
      const type = checker.getTypeAtLocation(node.expression)
      const key = node.argumentExpression
      symbols.push(...membersOf(checker, type, isStringLiteral(key) ? key.text : undefined))
    } else if (isObjectBindingPattern(node)) {
      const type = checker.getTypeAtLocation(node)
      for (const element of node.elements) {
        if (!isBindingElement(element) || element.dotDotDotToken !== undefined) continue
        const name = element.propertyName ?? element.name
        if (name !== undefined && (isIdentifier(name) || isStringLiteral(name)))
          symbols.push(...membersOf(checker, type, name.text))
      }
    } else if (isCallExpression(node) && WALKS.test(textOf(node.expression, source.text))) {
      const [walked] = node.arguments
      if (walked !== undefined) symbols.push(...membersOf(checker, checker.getTypeAtLocation(walked)))
    }
  })
  symbols.push(...checker.getSymbolAtLocation(accessed))
  return symbols.flatMap((symbol) => (symbol?.declarations ?? []).map(keyOf))
}

/** One member, or all of them. */
function membersOf(checker: Checker, type: Type | undefined, name?: string): readonly (Symbol | undefined)[] {
  const whole = type === undefined ? undefined : (checker.getNonNullableType(type) ?? type)
  if (whole === undefined) return []
  return name === undefined ? checker.getPropertiesOfType(whole) : [checker.getPropertyOfType(whole, name)]
}

function isWritten(node: Node): boolean {
  const { parent } = node
  return (
    isBinaryExpression(parent) && parent.left === node && parent.operatorToken.kind === SyntaxKind.EqualsToken
  )
}

/** The fields of the schemas of a file: declaration → name. */
function definedIn({ program, checker }: Project, file: string, root: string): (readonly [string, string])[] {
  const source = program.getSourceFile(file)
  if (source === undefined || !source.text.includes("from 'zod'")) return []
  const ours = /^(?:model|record)\//.test(file.slice(join(root, 'src/').length))
  const assignments: PropertyAssignment[] = []
  walkSyntax(source, (node) => {
    if (isPropertyAssignment(node) && (ours || isStrict(node, source.text))) assignments.push(node)
  })
  const types = checker.getTypeAtLocation(assignments.map(({ initializer }) => initializer))
  return assignments.flatMap((node, index) => {
    const type = types[index]
    if (type === undefined || checker.getPropertyOfType(type, '_zod') === undefined) return []
    if (checker.typeToString(type).startsWith('ZodLiteral')) return []
    const declaration = checker.getSymbolAtLocation(node.name)?.declarations[0]
    return declaration === undefined ? [] : [[keyOf(declaration), nameOf(node, source.text)] as const]
  })
}

/** Whether the nearest object schema around the field refuses what it does not know. */
function isStrict(field: Node, text: string): boolean {
  for (let node = field.parent; node !== undefined; node = node.parent)
    if (isCallExpression(node) && /\bobject$|Object$/.test(textOf(node.expression, text)))
      return textOf(node.expression, text).endsWith('strictObject')
  return false
}

/** `LabSchema.plugins.module`. */
function nameOf(field: PropertyAssignment, text: string): string {
  const names: string[] = []
  for (let node: Node | undefined = field; node !== undefined; node = node.parent) {
    if (isPropertyAssignment(node) || isVariableDeclaration(node)) names.unshift(labelOf(node.name, text))
    // Members of a union of records are told apart by their kind.
    if (isCallExpression(node) && labelOf(node.expression, text) === 'member') {
      const [kind] = node.arguments
      if (kind !== undefined) names.unshift(labelOf(kind, text))
    }
  }
  return names.join('.')
}

function textOf(node: Node, text: string): string {
  return text.slice(node.pos, node.end).trim()
}

/** A name without quotes and without the comment before it. */
function labelOf(node: Node, text: string): string {
  return isIdentifier(node) || isStringLiteral(node) ? node.text : textOf(node, text)
}

function keyOf({ path, index }: Symbol['declarations'][number]): string {
  return `${path}#${index}`
}
