/**
 * Mutants of the judge, made from its own code: conditions that always or never hold, rules and entries of tables that are left out,
 * severities turned round, thresholds moved. All of one file stand side by side in it, each behind a switch. Pure.
 */
import { parse, type AnyNode, type Expression, type Node } from 'acorn'
import type { Mutant } from '../../model/kill-table.ts'

export interface InstrumentedFile {
  /** The file with every mutant in it; `importSwitch` is its first line. */
  readonly source: string
  readonly mutants: readonly JudgeMutant[]
}

export interface JudgeMutant extends Mutant {
  readonly of: 'judge'
  /** As the switch knows it. */
  readonly number: number
}

/** The name by which the instrumented code calls the switch. */
const SWITCH = 'isActiveMutant$'

interface Place {
  readonly node: Node
  /** What stands there instead, in the language of the file. */
  readonly mutated: string
  /** Where the node is a member of a list (an element that is spread), what stands around the switch. */
  readonly around?: readonly [string, string]
}

const SEVERITY: Readonly<Record<string, string>> = { fail: 'warn', warn: 'fail' }

/**
 * Puts all mutants into one file of JavaScript.
 * @param file as the mutants are named, as `judge/gate`
 * @param switchUrl module of `isActiveMutant`
 * @param first number of the first mutant
 * @throws SyntaxError where it is no JavaScript
 */
export function instrumentJudge(
  file: string,
  source: string,
  switchUrl: string,
  first: number,
): InstrumentedFile {
  const places: (Place & { readonly within: string })[] = []
  walk(parse(source, { ecmaVersion: 'latest', sourceType: 'module' }), [], (node, parents) => {
    if (isText(node, parents)) return
    const within = functionAround(parents)
    for (const place of placesOf(node, parents, source)) places.push({ ...place, within })
  })
  const taken = new Map<string, number>()
  const mutants = places.map(({ node, mutated, within }, index): JudgeMutant => {
    const what = `${oneLine(source.slice(node.start, node.end))} → ${oneLine(mutated)}`
    const key = `${file} ${within}: ${what}`
    const times = (taken.get(key) ?? 0) + 1
    taken.set(key, times)
    return { id: times === 1 ? key : `${key} (${times})`, of: 'judge', what, number: first + index }
  })
  const inserts = places.flatMap(({ node, mutated, around = ['', ''] }, index) => [
    {
      at: node.start,
      // Of two nodes that begin at one place the larger one is opened first.
      order: -node.end,
      index,
      text: `${around[0]}(${SWITCH}(${first + index}) ? (${mutated}) : (`,
    },
    // Of two that end at one place the smaller one is closed first; of one node the last switch first.
    { at: node.end, order: node.end - node.start - 1e9, index: -index, text: `))${around[1]}` },
  ])
  return {
    source: `import { isActiveMutant as ${SWITCH} } from ${JSON.stringify(switchUrl)};${insert(source, inserts)}`,
    mutants,
  }
}

interface Insert {
  readonly at: number
  readonly order: number
  readonly index: number
  readonly text: string
}

function insert(source: string, inserts: readonly Insert[]): string {
  let text = ''
  let from = 0
  for (const { at, text: added } of inserts.toSorted(
    (a, b) => a.at - b.at || a.order - b.order || a.index - b.index,
  )) {
    text += source.slice(from, at) + added
    from = at
  }
  return text + source.slice(from)
}

function placesOf(node: AnyNode, parents: readonly AnyNode[], source: string): Place[] {
  switch (node.type) {
    case 'IfStatement':
      return always(node.test)
    case 'VariableDeclarator':
      return parents.length <= 2 ? threshold(node.init) : []
    case 'SpreadElement':
      return parents.at(-1)?.type === 'ArrayExpression' && isRule(node.argument)
        ? [{ node: node.argument, mutated: '[]' }]
        : []
    case 'NewExpression':
      return isNamed(node.callee, 'Set') ? withoutMembers(node.arguments[0], source) : []
    case 'Property':
      return isTable(parents) && node.kind === 'init' && !isNothing(node.value)
        ? [{ node: node.value, mutated: 'undefined' }]
        : []
    case 'Literal':
      return severity(node.value, node)
    default:
      return []
  }
}

function always(test: Expression): Place[] {
  return ['true', 'false'].map((mutated) => ({ node: test, mutated }))
}

/** A number that a constant of the module holds. */
function threshold(init: Expression | null | undefined): Place[] {
  if (init?.type !== 'Literal' || typeof init.value !== 'number' || init.value === 0) return []
  return [init.value * 2, init.value / 2].map((value) => ({ node: init, mutated: String(value) }))
}

function severity(value: unknown, node: Node): Place[] {
  const turned = typeof value === 'string' ? SEVERITY[value] : undefined
  return turned === undefined ? [] : [{ node, mutated: `'${turned}'` }]
}

/** A set that lacks one of its members, for each member. */
function withoutMembers(list: AnyNode | undefined, source: string): Place[] {
  if (list?.type !== 'ArrayExpression') return []
  const members = list.elements.filter((element) => element?.type === 'Literal')
  return members.map((gone) => ({
    node: list,
    mutated: `[${list.elements
      .filter((element) => element !== gone)
      .map((element) => (element === null ? '' : source.slice(element.start, element.end)))
      .join(', ')}]`,
  }))
}

/** What is spread into a list of findings, gaps or rules: a call, or a choice. */
function isRule(argument: Expression): boolean {
  return ['CallExpression', 'ConditionalExpression'].includes(argument.type)
}

/** The object of a constant of the module. */
function isTable(parents: readonly AnyNode[]): boolean {
  const [object, owner] = [parents.at(-1), parents.at(-2)]
  return object?.type === 'ObjectExpression' && owner?.type === 'VariableDeclarator' && parents.length <= 5
}

/** An entry that says nothing already, or a sentence. */
function isNothing(value: AnyNode): boolean {
  return (
    isNamed(value, 'undefined') ||
    (value.type === 'Literal' && typeof value.value === 'string' && value.value.includes(' '))
  )
}

const TEXTS: ReadonlySet<string> = new Set([
  'summary',
  'seen',
  'expected',
  'because',
  'detail',
  'explanation',
])

/** Inside of a sentence, or of a field that holds one. */
function isText(node: AnyNode, parents: readonly AnyNode[]): boolean {
  return [...parents, node].some(
    (around, at, all) =>
      around.type === 'TemplateLiteral' ||
      (around.type === 'Property' &&
        around.key.type === 'Identifier' &&
        TEXTS.has(around.key.name) &&
        all[at + 1] !== around.key),
  )
}

function isNamed(node: AnyNode, name: string): boolean {
  return node.type === 'Identifier' && node.name === name
}

/** The named functions around, the outermost first. */
function functionAround(parents: readonly AnyNode[]): string {
  const names = parents.flatMap((node) => {
    if (node.type === 'FunctionDeclaration') return [node.id?.name ?? 'default']
    if (node.type === 'MethodDefinition')
      return node.key.type === 'Identifier' || node.key.type === 'PrivateIdentifier' ? [node.key.name] : []
    if (node.type === 'VariableDeclarator') return node.id.type === 'Identifier' ? [node.id.name] : []
    return []
  })
  return names.slice(0, 2).join('.') || 'module'
}

function oneLine(text: string): string {
  const short = text.replaceAll(/\s+/g, ' ').trim()
  return short.length <= 90 ? short : `${short.slice(0, 60)} … ${short.slice(-27)}`
}

/** Every node with those around it, the outermost first. */
function walk(
  node: AnyNode,
  parents: readonly AnyNode[],
  visit: (node: AnyNode, parents: readonly AnyNode[]) => void,
): void {
  visit(node, parents)
  const around = [...parents, node]
  for (const child of Object.values(node) as unknown[])
    for (const one of Array.isArray(child) ? (child as unknown[]) : [child])
      if (isNode(one)) walk(one, around, visit)
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}
