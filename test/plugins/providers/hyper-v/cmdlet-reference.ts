/** Holds the commands of a script against the published metadata of cmdlets. */
import { readFileSync } from 'node:fs'
import type {
  ScriptCommand,
  ScriptElement,
  ScriptFacts,
} from '../../../stand-ins/powershell-host/powershell-host.ts'

/** type, M(andatory) or o(ptional), position, how it takes pipeline input. */
type Parameter = readonly [string, 'M' | 'o', number | null, string | null]
interface Cmdlet {
  readonly sets: Readonly<Record<string, Readonly<Record<string, Parameter>>>>
  readonly paramAliases: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, readonly string[]>>
}

export interface Finding {
  readonly level: 'error' | 'warning'
  readonly message: string
}

/** Parameters that every advanced command has (about_CommonParameters). */
const COMMON = new Set(
  'erroraction errorvariable warningaction warningvariable informationaction informationvariable outvariable outbuffer pipelinevariable verbose debug'.split(
    ' ',
  ),
)

/** Parameters that a provider adds while it is asked, so that no metadata has them (about_FileSystem_Provider); Set-VMProcessor's is used by Microsoft's own tester. */
const DYNAMIC: Readonly<Record<string, readonly string[]>> = {
  'get-childitem': ['file', 'directory', 'hidden', 'readonly', 'system'],
  'get-content': ['encoding', 'raw', 'wait', 'stream', 'asbytestream'],
  'set-content': ['encoding', 'stream', 'asbytestream', 'nonewline'],
  'set-vmprocessor': ['apicmode'],
}

interface Used {
  /** Lower-case name → constant value or null. */
  readonly named: ReadonlyMap<string, string | null>
  readonly positionals: number
  /** Something came from a variable that cannot be read here. */
  readonly open: boolean
}

export class CmdletReference {
  readonly #cmdlets = new Map<string, Cmdlet>()

  constructor(file: string) {
    const { cmdlets } = JSON.parse(readFileSync(file, 'utf8')) as { cmdlets: Record<string, Cmdlet> }
    for (const [name, cmdlet] of Object.entries(cmdlets)) this.#cmdlets.set(name.toLowerCase(), cmdlet)
  }

  /** What is wrong with the commands of one script; `own` are functions that any script defines, in lower case. */
  check(script: ScriptFacts, own: ReadonlySet<string>): readonly Finding[] {
    return script.commands.flatMap((command) => {
      const at = `${script.file}:${command.line}: `
      return this.#checkCommand(command, script, own).map((finding) => ({
        ...finding,
        message: at + finding.message,
      }))
    })
  }

  #checkCommand(command: ScriptCommand, script: ScriptFacts, own: ReadonlySet<string>): readonly Finding[] {
    if (command.name === null) return []
    const name = command.name.slice(command.name.lastIndexOf('\\') + 1).toLowerCase()
    if (own.has(name) || !/^[a-z]+-[a-z]\w*$/.test(name)) return []
    const known = [name, `${name}@5.1`, `${name}@7.6`].flatMap((key) => this.#cmdlets.get(key) ?? [])
    if (known.length === 0) return [{ level: 'warning', message: `${command.name} is not in the reference` }]
    const free = new Set([...COMMON, ...(DYNAMIC[name] ?? [])])
    return known.flatMap((cmdlet) => checkAgainst(cmdlet, command, script, free))
  }
}

function checkAgainst(
  cmdlet: Cmdlet,
  command: ScriptCommand,
  script: ScriptFacts,
  free: ReadonlySet<string>,
): readonly Finding[] {
  const all = new Map<string, Parameter>()
  for (const set of Object.values(cmdlet.sets))
    for (const [name, parameter] of Object.entries(set)) all.set(name.toLowerCase(), parameter)
  const alias = new Map(
    Object.entries(cmdlet.paramAliases).map(([short, name]) => [short.toLowerCase(), name.toLowerCase()]),
  )
  const used = usedParameters(command, script, (name) => all.get(alias.get(name) ?? name)?.[0], alias)
  const unknown = [...used.named.keys()].filter((name) => !all.has(name) && !free.has(name))
  if (unknown.length > 0)
    return unknown.map((name) => ({ level: 'error', message: `${command.text} has no parameter -${name}` }))
  const values = new Map(Object.entries(cmdlet.values).map(([name, list]) => [name.toLowerCase(), list]))
  const wrong = [...used.named].flatMap(([name, value]): Finding[] => {
    const allowed = values.get(name)
    if (allowed === undefined || value === null) return []
    if (allowed.some((one) => one.toLowerCase() === value.toLowerCase())) return []
    return [{ level: 'error', message: `${command.text} -${name} takes ${allowed.join(', ')}, not ${value}` }]
  })
  if (wrong.length > 0) return wrong
  if (Object.values(cmdlet.sets).some((set) => fits(set, used, command, free))) return []
  const names = [...used.named.keys()].join(', -')
  return [
    {
      level: 'error',
      message: `${command.text}: no parameter set takes -${names} with ${used.positionals} more`,
    },
  ]
}

function fits(
  set: Readonly<Record<string, Parameter>>,
  used: Used,
  command: ScriptCommand,
  free: ReadonlySet<string>,
): boolean {
  const entries = Object.entries(set).map(([name, parameter]) => [name.toLowerCase(), parameter] as const)
  const names = new Set(entries.map(([name]) => name))
  if ([...used.named.keys()].some((name) => !names.has(name) && !free.has(name))) return false
  const byPosition = entries
    .filter(([name, parameter]) => parameter[2] !== null && !used.named.has(name))
    .sort(([, a], [, b]) => (a[2] ?? 0) - (b[2] ?? 0))
  if (used.positionals > byPosition.length) return false
  if (used.open) return true
  const filled = new Set(byPosition.slice(0, used.positionals).map(([name]) => name))
  return entries.every(([name, [, need, , pipeline]]) => {
    const given = used.named.has(name) || filled.has(name)
    return need !== 'M' || given || (command.piped && pipeline !== null && pipeline.startsWith('True'))
  })
}

/** Parameters of a command with its splats resolved; `typeOf` says whether one takes a value. */
function usedParameters(
  command: ScriptCommand,
  script: ScriptFacts,
  typeOf: (name: string) => string | undefined,
  alias: ReadonlyMap<string, string>,
): Used {
  const named = new Map<string, string | null>()
  let positionals = 0
  let open = false
  const elements = [...command.elements]
  for (let element = elements.shift(); element !== undefined; element = elements.shift()) {
    if (element.kind === 'value') positionals += 1
    else if (element.kind === 'splat') open = addSplat(element, script, named) || open
    else {
      const name = element.name.toLowerCase()
      const real = alias.get(name) ?? name
      const takesValue =
        typeOf(real) !== 'SwitchParameter' && !element.inline && elements[0]?.kind === 'value'
      named.set(real, takesValue ? (elements.shift()?.value ?? null) : element.value)
    }
  }
  return { named, positionals, open }
}

/** Returns whether the splat could not be read. */
function addSplat(element: ScriptElement, script: ScriptFacts, named: Map<string, string | null>): boolean {
  const found = Object.entries(script.tables).find(
    ([name]) => name.toLowerCase() === element.name.toLowerCase(),
  )
  if (found === undefined) return true
  for (const { name, value } of found[1]) if (name !== null) named.set(name.toLowerCase(), value)
  return found[1].some(({ name }) => name === null)
}
