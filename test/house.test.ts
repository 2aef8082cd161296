/** The house shows its plan: floors, rooms, names and sizes, kept by this test (docs/architecture.md tells why). */
import { readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { globSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const src = join(root, 'src')
const sources = globSync('**/*.{ts,tsx}', { cwd: src }).sort()
const tests = globSync('test/**/*.ts', { cwd: root }).sort()

const FLOORS: Readonly<Record<string, number>> = {
  kit: 0,
  model: 1,
  sdk: 2,
  plan: 3,
  run: 3,
  lab: 3,
  judge: 3,
  report: 3,
  page: 3,
  plugins: 3,
  app: 4,
  commands: 5,
  cli: 5,
}
const PUBLIC_DOORS = new Set(['sdk.ts', 'sdk/testing/index.ts'])
const FORBIDDEN_NAMES = /^(utils?|helpers?|common|misc|types|interfaces|constants|manager)$/

interface Import {
  readonly from: string
  readonly to: string
}

function read(file: string): string {
  return readFileSync(join(src, file), 'utf8')
}

/** Static, dynamic, type and re-exporting imports of relative files. */
function importsOf(file: string): Import[] {
  const found = read(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
  return [...found].map((match) => ({
    from: file,
    to: relative(src, resolve(src, dirname(file), match[1] ?? '')),
  }))
}

function roomOf(file: string): string {
  return file.split('/')[0] ?? ''
}

const imports = sources.flatMap(importsOf)

describe('the floors', () => {
  it('every file stands on a known floor', () => {
    const strangers = sources.filter(
      (file) => !(roomOf(file) in FLOORS) && !['main.ts', 'sdk.ts'].includes(file),
    )
    expect(strangers).toEqual([])
  })

  it('a file imports from a lower floor or its own room only', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (from === 'main.ts' || from === 'sdk.ts') return false
      const [here, there] = [roomOf(from), roomOf(to)]
      if (here === there) return false
      return (FLOORS[there] ?? 9) >= (FLOORS[here] ?? -1) && !(here === 'commands' && there === 'cli')
    })
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
  })

  it('inside plugins one kind never imports another, but a provider may speak through a channel', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (roomOf(from) !== 'plugins' || roomOf(to) !== 'plugins' || from === 'plugins/built-in.ts')
        return false
      const [kind, other] = [from.split('/')[1], to.split('/')[1]]
      return kind !== other && !(kind === 'providers' && other === 'channels')
    })
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
  })

  it('one provider, os or channel never imports another', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [a, b] = [from.split('/'), to.split('/')]
      const sameKind = a[0] === 'plugins' && b[0] === 'plugins' && a[1] === b[1]
      return (
        sameKind &&
        ['providers', 'systems', 'channels'].includes(a[1] ?? '') &&
        a.length > 3 &&
        b.length > 3 &&
        a[2] !== b[2]
      )
    })
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
  })

  it('no import leads back to where it began', () => {
    expect(findCycle(imports)).toEqual([])
  })
})

describe('the doors', () => {
  it('nothing re-exports but the public doors', () => {
    const barrels = sources.filter(
      (file) => !PUBLIC_DOORS.has(file) && /^export (?:type )?(?:\*|\{[^}]*\}) from/m.test(read(file)),
    )
    expect(barrels).toEqual([])
  })

  const only = (what: string, pattern: RegExp, allowed: readonly string[]): void => {
    it(`${what} stands only in ${allowed.join(', ')}`, () => {
      const wrong = sources.filter(
        (file) => !allowed.includes(file) && pattern.test(withoutComments(read(file))),
      )
      expect(wrong).toEqual([])
    })
  }
  only('starting processes', /from '(?:node:)?child_process'|from 'execa'/, ['kit/process.ts'])
  only('the console', /\bconsole\.|process\.(?:stdout|stderr)\b/, ['cli/terminal.ts', 'main.ts'])
  only('process.exit', /process\.exit(?:Code)?\b/, ['main.ts'])
  only(
    'clocks and timers',
    /\bDate\.now\(|new Date\(\)|\bset(?:Timeout|Interval|Immediate)\(|performance\.now\(|node:timers/,
    ['kit/clock.ts'],
  )
})

describe('names and sizes', () => {
  it('no file or folder is named after nothing', () => {
    const wrong = sources.filter((file) =>
      file.split('/').some((part) => FORBIDDEN_NAMES.test(part.replace(/\.tsx?$/, ''))),
    )
    expect(wrong).toEqual([])
  })

  it('files are in kebab-case', () => {
    expect(sources.filter((file) => !/^[a-z0-9-]+(\.d)?\.tsx?$/.test(basename(file)))).toEqual([])
  })

  it('a source or test file stays within 300 lines', () => {
    const long = [...sources.map((file) => `src/${file}`), ...tests].filter((file) => lines(file) > 300)
    expect(long).toEqual([])
  })

  it('a command stays within 60 lines', () => {
    expect(sources.filter((file) => file.startsWith('commands/') && lines(`src/${file}`) > 60)).toEqual([])
  })

  it('a function stays within 60 lines', () => {
    expect(sources.flatMap((file) => longFunctions(read(file)).map((line) => `src/${file}:${line}`))).toEqual(
      [],
    )
  })

  it('the type system is never switched off', () => {
    const wrong = sources.filter((file) =>
      /@ts-(?:ignore|expect-error|nocheck)|\bas any\b|: any\b/.test(read(file)),
    )
    expect(wrong).toEqual([])
  })
})

function lines(file: string): number {
  return readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length
}

/** Start lines of functions, methods and arrow functions with a body of more than 60 lines; formatted code closes at its own indent. */
function longFunctions(text: string): number[] {
  const all = text.split('\n')
  return all.flatMap((line, start) => {
    const head =
      /^(\s*)(?:(?:export )?(?:default )?(?:async )?function\b|(?:export )?const \w+ = (?:async )?(?:\([^)]*\)[^=]*=>|\w+ =>|\($)|(?:private |static |readonly |override |async )*\*?#?\w+\([^;]*\)(?:: [^;]+)? \{$)/.exec(
        line,
      )
    if (head === null || /^\s*(?:if|for|while|switch|catch|return)\b/.test(line)) return []
    const close = all.findIndex(
      (other, index) =>
        index > start && other.startsWith(`${head[1] ?? ''}}`) && !other.startsWith(`${head[1] ?? ''}})`),
    )
    const end = all.findIndex(
      (other, index) =>
        index > start &&
        new RegExp(`^${head[1] ?? ''}\\S`).test(other) &&
        !/^\s*[)\]}]*[:;{]/.test(other) &&
        other !== '',
    )
    const last = close === -1 ? end : close
    return last - start > 60 && all.slice(start, last).some((other) => other.endsWith('{')) ? [start + 1] : []
  })
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '$1')
}

/** One cycle as a list of files, or nothing. */
function findCycle(edges: readonly Import[]): string[] {
  const next = Map.groupBy(edges, (edge) => edge.from)
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): string[] => {
    const seen = path.indexOf(file)
    if (seen >= 0) return [...path.slice(seen), file]
    if (done.has(file)) return []
    done.add(file)
    for (const edge of next.get(file) ?? []) {
      const cycle = visit(edge.to, [...path, file])
      if (cycle.length > 0) return cycle
    }
    return []
  }
  for (const file of next.keys()) {
    const cycle = visit(file, [])
    if (cycle.length > 0) return cycle
  }
  return []
}
