/** A PowerShell script as it would run: its parameters written into it, and the library functions that it calls in front of it. */
import { oneLine } from '../../../../kit/text.ts'

/** Stands for a value that only the real run can see, as the number of an edition on media that was not opened. */
export class SeenLater {
  readonly what: string
  constructor(what: string) {
    this.what = what
  }
}

export interface RehearsedScript {
  readonly text: string
  /** Texts of the scripts whose functions it may call. */
  readonly libraries: readonly string[]
  readonly parameters: Readonly<Record<string, unknown>>
  /** Functions that stand above already; those of this script are added. */
  readonly shown?: Set<string>
}

/**
 * Lines of PowerShell in which every `$Parameters['name']` is its value. What the script finds out by itself keeps its
 * variable; secrets are named and never shown; values that are seen later stand in angle brackets.
 */
export function rehearseScript(script: RehearsedScript): readonly string[] {
  const { text, libraries, parameters, shown = new Set<string>() } = script
  const body = text.replace(/^param\(\$Parameters, \$Secrets\)\r?\n/m, '')
  const functions = calledFunctions(body, libraries).map((part) => filled(part, parameters))
  const fresh = functions.filter((part) => !shown.has(part))
  for (const part of fresh) shown.add(part)
  return [...fresh, filled(body, parameters)].flatMap((part) => [...part.trimEnd().split(/\r?\n/), ''])
}

/** The functions of the libraries that the text calls, also through others, in the order of the libraries. */
function calledFunctions(text: string, libraries: readonly string[]): readonly string[] {
  const known = new Map(libraries.flatMap((library) => functionsOf(library)))
  const called = new Set<string>()
  const follow = (part: string): void => {
    for (const [name, body] of known) {
      if (called.has(name) || !new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(part)) continue
      called.add(name)
      follow(body)
    }
  }
  follow(text)
  return [...known].filter(([name]) => called.has(name)).map(([, body]) => body)
}

/** Name and text of each function of a library; they begin and end at the start of a line. */
function functionsOf(library: string): [string, string][] {
  const found = library.matchAll(/^(?:function|filter) ([\w-]+)[\s\S]*?^\}/gm)
  return [...found].map((match) => [match[1] ?? '', match[0]])
}

function filled(text: string, parameters: Readonly<Record<string, unknown>>): string {
  return text
    .replaceAll(/\$Parameters\['(\w+)'\]/g, (whole, name: string) =>
      Object.hasOwn(parameters, name) ? literal(parameters[name]) : whole,
    )
    .replaceAll(/\$Secrets\['(\w+)'\]/g, (_, name: string) => `<the secret ${name}>`)
}

/** A value as PowerShell writes it. */
function literal(value: unknown): string {
  if (value instanceof SeenLater) return `<${oneLine(value.what, 200)}>`
  if (value === null || value === undefined) return '$null'
  if (typeof value === 'boolean') return value ? '$true' : '$false'
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) {
    const parts = value.map(literal)
    return parts.some((part) => part.startsWith('@{'))
      ? `@(\n  ${parts.join('\n  ')}\n)`
      : `@(${parts.join(', ')})`
  }
  if (typeof value === 'object') {
    const parts = Object.entries(value).map(([name, part]) => `${name} = ${literal(part)}`)
    return `@{ ${parts.join('; ')} }`
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return `'${oneLine(text, 2000).replaceAll("'", "''")}'`
}
