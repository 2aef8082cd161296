/**
 * Changes of the leak scan's own code, made by its syntax tree: a comparison turned, a number one off, a call, a statement, an entry
 * of a list or a part of a regular expression left out. Each must make some case of test/stand-ins/leak-cases.ts go wrong.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseSync } from '@swc/core'
import type { CaseGroup } from '../../stand-ins/leak-cases.ts'
import { EQUIVALENT } from './equivalent-mutants.ts'
import type { Question } from './mutant-worker.ts'

const root = resolve(import.meta.dirname, '../../..')
const SCAN = join(root, 'src/publish/leak-scan')
/** Files, and the cases that can show a change of each: the search asks nothing of run-names.ts, nor that of the search. */
const FILES: Readonly<Record<string, readonly CaseGroup[]>> = {
  'scan.ts': ['search'],
  'views.ts': ['search'],
  'normal-form.ts': ['names', 'search'],
  'run-names.ts': ['names'],
}
/** Of the processor's time: all cases take half a second of it, and a mutant that does not end is found, however busy the computer is. */
const MOST_CPU_SECONDS = 4

export interface Mutant {
  readonly file: string
  readonly line: number
  /** Source that is replaced, and what takes its place. */
  readonly from: string
  readonly to: string
  /** Bytes of the file. */
  readonly start: number
  readonly end: number
}

/** RINGZERO_MUTANTS=scan.ts does one file alone, RINGZERO_MUTANTS=views.ts:2/5 the second fifth of it. */
export async function mutants(): Promise<{ readonly passed: boolean; readonly lines: readonly string[] }> {
  const [only, part = '1/1'] = process.env['RINGZERO_MUTANTS']?.split(':') ?? []
  const [index = 1, count = 1] = part.split('/').map(Number)
  const all = Object.keys(FILES)
    .filter((file) => only === undefined || file === only)
    .flatMap(mutantsOf)
    .filter((_, at) => at % count === index - 1)
  const folder = mkdtempSync(join(tmpdir(), 'rz-mutants-'))
  const survivors: Mutant[] = []
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    const untouched = await casesOf(folder, 'untouched', undefined)
    if (untouched !== 'none') return { passed: false, lines: [`the scan as it is fails: ${untouched}`] }
    for (const [at, mutant] of all.entries())
      if ((await casesOf(folder, `mutant-${at}`, mutant)) === 'none') survivors.push(mutant)
  } finally {
    stopWorker()
    rmSync(folder, { recursive: true, force: true })
  }
  const open = survivors.filter((mutant) => !isEquivalent(mutant))
  const equal = survivors.length - open.length
  return {
    passed: open.length === 0,
    lines: [
      `${all.length - survivors.length} of ${all.length} changes of the scan found; ${equal} change nothing that can be seen; ${open.length} survive`,
      ...open.map(({ file, line, from, to }) => `${file}:${line}: ${oneLine(from)} → ${oneLine(to)}`),
    ],
  }
}

function isEquivalent({ file, line, from, to }: Mutant): boolean {
  const [changed = ''] = readFileSync(join(SCAN, file), 'utf8')
    .split('\n')
    .slice(line - 1)
  return EQUIVALENT.some(
    (one) =>
      one.file === file &&
      one.from === oneLine(from) &&
      one.to === oneLine(to) &&
      changed.includes(one.within ?? ''),
  )
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 100) || 'nothing'

/** First case that goes wrong, an error, or `none`. */
async function casesOf(folder: string, name: string, mutant: Mutant | undefined): Promise<string> {
  const scan = join(folder, name, 'publish/leak-scan')
  mkdirSync(scan, { recursive: true })
  cpSync(SCAN, scan, { recursive: true })
  if (mutant !== undefined) {
    const bytes = readFileSync(join(SCAN, mutant.file))
    const changed = [bytes.subarray(0, mutant.start), Buffer.from(mutant.to), bytes.subarray(mutant.end)]
    writeFileSync(join(scan, mutant.file), Buffer.concat(changed))
  }
  const groups = mutant === undefined ? ALL_GROUPS : FILES[mutant.file]
  const answer = await asked({ scan, groups: groups ?? ALL_GROUPS })
  rmSync(join(folder, name), { recursive: true, force: true })
  return answer
}

const ALL_GROUPS: readonly CaseGroup[] = ['search', 'names']

let worker: ChildProcess | undefined

/** Of what one copy of the scan may use; buffers count, too. */
const MOST_MEMORY_KIB = 2 * 1024 * 1024
const LOOK_EVERY_MS = 250

/** One process judges one after the other, until one of them does not end: a process, as a thread in a decompressor does not stop. */
async function asked(question: Question): Promise<string> {
  worker ??= fork(new URL('./mutant-worker.ts', import.meta.url), {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const own = worker
  let stopLooking = (): void => undefined
  const answer = await new Promise<string | undefined>((done) => {
    const before = usedBy(own).cpuSeconds
    const look = setInterval(() => {
      const { cpuSeconds, memoryKiB } = usedBy(own)
      if (cpuSeconds - before > MOST_CPU_SECONDS || memoryKiB > MOST_MEMORY_KIB) done(undefined)
    }, LOOK_EVERY_MS)
    own.removeAllListeners('message').removeAllListeners('exit')
    own.once('message', (text: string) => done(text))
    own.once('exit', () => done(undefined))
    own.send(question)
    stopLooking = () => clearInterval(look)
  })
  stopLooking()
  if (answer !== undefined) return answer
  stopWorker()
  return 'no end'
}

function stopWorker(): void {
  worker?.removeAllListeners()
  worker?.kill('SIGKILL')
  worker = undefined
}

/** Linux alone tells it; elsewhere a mutant that does not end stops the bench, which a person sees. */
function usedBy({ pid }: ChildProcess): { readonly cpuSeconds: number; readonly memoryKiB: number } {
  try {
    const [, resident = '0'] = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    // proc(5): utime and stime, in ticks of which a second has 100.
    return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, memoryKiB: Number(resident) }
  } catch {
    return { cpuSeconds: 0, memoryKiB: 0 }
  }
}

interface Node {
  readonly type?: string
  readonly span?: { readonly start: number; readonly end: number }
  readonly [key: string]: unknown
}

const OPPOSITES: Readonly<Record<string, string>> = {
  '===': '!==',
  '!==': '===',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '&&': '||',
  '||': '&&',
  '+': '-',
  '-': '+',
  '&': '|',
}
/** Methods without which a text or a list stays as it was. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'replace',
  'replaceAll',
  'normalize',
  'toLowerCase',
  'filter',
  'slice',
  'subarray',
  'toReversed',
  'swap16',
])

/** Every change of one file that its syntax allows. */
export function mutantsOf(file: string): Mutant[] {
  // A sign before everything tells where the parser begins to count.
  const source = readFileSync(join(SCAN, file))
  const tree = parseSync(`;${source.toString('utf8')}`, {
    syntax: 'typescript',
    target: 'es2022',
  }) as unknown as Node
  const first = (tree['body'] as Node[])[0]!.span!.start + 1
  const found: Mutant[] = []
  const text = (start: number, end: number): string => source.subarray(start, end).toString('utf8')
  const at = (node: Node): readonly [number, number] => [node.span!.start - first, node.span!.end - first]
  const add = (start: number, end: number, to: string): void => {
    const line = text(0, start).split('\n').length
    if (text(start, end) !== to) found.push({ file, line, from: text(start, end), to, start, end })
  }
  const leaveOut = (members: readonly (Node | null)[]): void => {
    const places = members.flatMap((member) => (member === null ? [] : [memberSpan(member)]))
    if (places.length < 2 || places.length < members.length) return
    for (const [index, { start, end }] of places.entries()) {
      const next = places[index + 1]
      // With the comma behind it, and the last one with the comma before it.
      if (next !== undefined) add(start - first, next.start - first, '')
      else add(places[index - 1]!.end - first, end - first, '')
    }
  }
  const visit = (node: Node): void => {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'TsInterfaceDeclaration':
      case 'TsTypeAliasDeclaration':
      case 'TsTypeAnnotation':
        return
      case 'BinaryExpression': {
        const operator = node['operator'] as string
        const [, left] = at(node['left'] as Node)
        const [right] = at(node['right'] as Node)
        const place = text(left, right).indexOf(operator) + left
        const opposite = OPPOSITES[operator]
        if (opposite !== undefined) add(place, place + operator.length, opposite)
        break
      }
      case 'NumericLiteral': {
        const value = node['value'] as number
        add(...at(node), String(value + 1))
        if (value > 0) add(...at(node), String(value - 1))
        break
      }
      case 'BooleanLiteral':
        add(...at(node), String(node['value'] !== true))
        break
      case 'UnaryExpression':
        if (node['operator'] === '!') add(...at(node), text(...at(node['argument'] as Node)))
        break
      case 'IfStatement':
        add(...at(node['test'] as Node), 'true')
        add(...at(node['test'] as Node), 'false')
        break
      case 'ConditionalExpression':
        add(...at(node), text(...at(node['consequent'] as Node)))
        add(...at(node), text(...at(node['alternate'] as Node)))
        break
      case 'ExpressionStatement':
        add(...at(node), ';')
        break
      case 'CallExpression': {
        const callee = node['callee'] as Node
        const property = callee['property'] as Node | undefined
        if (callee.type === 'MemberExpression' && LEFT_OUT.has(property?.['value'] as string))
          add(...at(node), text(...at(callee['object'] as Node)))
        break
      }
      case 'ArrayExpression':
        leaveOut(node['elements'] as (Node | null)[])
        break
      case 'ObjectExpression':
        leaveOut(node['properties'] as Node[])
        break
      case 'RegExpLiteral': {
        const flags = node['flags'] as string
        const pattern = node['pattern'] as string
        for (const changed of regexMutants(pattern)) add(...at(node), `/${changed}/${flags}`)
        if (flags.includes('i')) add(...at(node), `/${pattern}/${flags.replace('i', '')}`)
        break
      }
      default:
    }
    for (const value of Object.values(node))
      for (const child of Array.isArray(value) ? (value as unknown[]) : [value])
        if (typeof child === 'object' && child !== null) visit(child as Node)
  }
  visit(tree)
  return found
}

/** Of an entry of a list or object. */
function memberSpan(node: Node): { readonly start: number; readonly end: number } {
  const part = (name: string): Node => node[name] as Node
  if (node['expression'] !== undefined) {
    const spread = node['spread'] as { readonly start: number } | null | undefined
    const { start, end } = part('expression').span!
    return { start: spread?.start ?? start, end }
  }
  if (node.type === 'SpreadElement')
    return { start: (node['spread'] as { readonly start: number }).start, end: part('arguments').span!.end }
  if (node.type === 'KeyValueProperty')
    return { start: part('key').span!.start, end: part('value').span!.end }
  return node.span!
}

/** One member of a class, one alternative, one look-around or one boundary less; one repetition more. */
function regexMutants(pattern: string): string[] {
  const changed: string[] = []
  const put = (start: number, end: number, to: string): void => {
    changed.push(pattern.slice(0, start) + to + pattern.slice(end))
  }
  for (const match of pattern.matchAll(/\[\^?((?:\\.|[^\]\\])*)\]/g)) {
    const from = match.index + match[0].indexOf(match[1]!, 1)
    const members = [
      ...match[1]!.matchAll(
        /\\[pP]\{[^}]*\}|(?:\\u\{[^}]*\}|\\u.{4}|\\.|[^\\])(?:-(?:\\u\{[^}]*\}|\\u.{4}|\\.|[^\\]))?/gu,
      ),
    ]
    if (members.length > 1)
      for (const member of members) put(from + member.index, from + member.index + member[0].length, '')
  }
  for (const match of pattern.matchAll(/\{(\d+)(,?\d*)\}/g))
    put(match.index, match.index + match[0].length, `{${Number(match[1]) + 1}${match[2]}}`)
  for (const match of pattern.matchAll(/\\b|\(\?<?[=!](?:\[[^\]]*\]|[^()])*\)/g))
    put(match.index, match.index + match[0].length, '')
  for (const match of pattern.matchAll(/(?<=[(|])[\w&]+\|/g))
    put(match.index, match.index + match[0].length, '')
  for (const match of pattern.matchAll(/\|[\w&]+(?=\))/g)) put(match.index, match.index + match[0].length, '')
  return changed.filter((text) => {
    try {
      return new RegExp(text, 'u').source !== ''
    } catch {
      return false
    }
  })
}
