/** Holds the commands of scripts against dumps of real Windows PowerShell 5.1 (windows/ps51-commands.json). */
import { readFileSync } from 'node:fs'
import type { ScriptCommand, ScriptElement, ScriptFacts } from './powershell-host.ts'

/** Bits of a number say on which of the dumped machines something is there; see `about` in the file. */
interface DumpedCommand {
  /** Module. */
  readonly m: string
  readonly in: number
  /** Parameters that are there wherever the command is. */
  readonly p?: string
  /** The others, with their bits. */
  readonly d?: Readonly<Record<string, number>>
  /** Aliases of parameters. */
  readonly a?: Readonly<Record<string, string>>
  /** Parameter sets: names, each with `:` and its flags (M, a digit for the position, v by value, n by property name). */
  readonly s?: Readonly<Record<string, string>>
}
interface Dump {
  readonly platforms: Readonly<Record<string, { readonly os: string; readonly bit: number }>>
  readonly commands: Readonly<Record<string, DumpedCommand>>
  readonly aliases: Readonly<Record<string, string>>
  readonly natives: Readonly<Record<string, number>>
}

/** Parameters that every advanced command of 5.1 has (about_CommonParameters). */
const COMMON = new Set(
  'erroraction errorvariable warningaction warningvariable informationaction informationvariable outvariable outbuffer pipelinevariable verbose debug'.split(
    ' ',
  ),
)

/** Parameters that a provider of 5.1 adds while it is asked, so that no dump has them (about_FileSystem_Provider, about_Registry_Provider). */
const DYNAMIC: Readonly<Record<string, readonly string[]>> = {
  'get-childitem': ['file', 'directory', 'hidden', 'readonly', 'system', 'attributes'],
  'get-item': ['stream'],
  'get-content': ['encoding', 'raw', 'wait', 'stream', 'delimiter'],
  'set-content': ['encoding', 'stream', 'nonewline'],
  'add-content': ['encoding', 'stream', 'nonewline'],
  'new-itemproperty': ['propertytype'],
  'set-itemproperty': ['type'],
}

/** Values of 5.1 of parameters that PowerShell 6 and later give more values to. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  encoding:
    'unknown string unicode byte bigendianunicode utf8 utf7 utf32 ascii default oem bigendianutf32'.split(
      ' ',
    ),
  erroraction: 'silentlycontinue stop continue inquire ignore suspend'.split(' '),
}

/** Programs of later builds than the dumped ones, which scripts call knowing that they may be absent (CiTool: Windows 11 22H2). */
const LATER_PROGRAMS = new Set(['citool.exe'])

const VERB_NOUN = /^[a-z]+-[a-z]\w*$/i
const PROGRAM = /\.(?:exe|com|cmd|bat|msc|cpl|vbs)$/i

export class WindowsPowerShell {
  readonly #commands = new Map<string, DumpedCommand>()
  readonly #aliases: ReadonlySet<string>
  readonly #natives: ReadonlyMap<string, number>
  readonly #platforms: readonly { readonly os: string; readonly bit: number }[]
  readonly #switches: ReadonlySet<string>
  readonly #positions: ReadonlyMap<string, ReadonlySet<string>>

  /**
   * @param dump windows/ps51-commands.json
   * @param published windows/hyperv-cmdlets.json, which says what parameters are switches, and positions that a dump loses
   */
  constructor(dump: string, published: string) {
    const data = JSON.parse(readFileSync(dump, 'utf8')) as Dump
    for (const [name, command] of Object.entries(data.commands))
      this.#commands.set(name.toLowerCase(), command)
    this.#aliases = new Set(Object.keys(data.aliases).map((name) => name.toLowerCase()))
    this.#natives = new Map(Object.entries(data.natives).map(([name, bits]) => [name.toLowerCase(), bits]))
    this.#platforms = Object.values(data.platforms)
    const cmdlets = readPublished(published)
    this.#switches = switchesOf(cmdlets)
    this.#positions = positionsOf(cmdlets)
  }

  /** What is wrong with one script; `own` are the functions of all scripts by lower-case name, with their parameters in lower case. */
  check(script: ScriptFacts, own: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
    const commands = script.commands.flatMap((command) =>
      this.#checkCommand(command, script, own).map((message) => `${script.file}:${command.line}: ${message}`),
    )
    const programs = script.programs.flatMap(({ line, name }) =>
      this.#checkProgram(name).map((message) => `${script.file}:${line}: ${message}`),
    )
    return [...commands, ...programs]
  }

  #checkCommand(
    command: ScriptCommand,
    script: ScriptFacts,
    own: ReadonlyMap<string, ReadonlySet<string>>,
  ): readonly string[] {
    if (command.name === null) return []
    const [name, module] = command.name.split('\\').toReversed() as [string, string?]
    const key = name.toLowerCase()
    const parameters = own.get(key)
    if (parameters !== undefined && module === undefined) return checkOwn(command, parameters)
    if (this.#aliases.has(key)) return [`${name} is an alias: write the command`]
    if (PROGRAM.test(name)) return this.#checkProgram(name)
    const dumped = this.#commands.get(key)
    if (dumped === undefined)
      return [
        VERB_NOUN.test(name)
          ? `${name} is no command of Windows PowerShell 5.1`
          : `${name} is neither a command nor a program with its ending`,
      ]
    if (module !== undefined && module.toLowerCase() !== dumped.m.toLowerCase())
      return [`${name} is a command of ${dumped.m}, not of ${module}`]
    return this.#checkParameters(command, dumped, script)
  }

  #checkProgram(name: string): readonly string[] {
    // Beside System32: WindowsPowerShell\v1.0 has the shell itself.
    if (name.toLowerCase() === 'powershell.exe') return []
    if (LATER_PROGRAMS.has(name.toLowerCase())) return []
    const bits = this.#natives.get(name.toLowerCase())
    return bits === undefined ? [`${name} is no program of Windows`] : this.#absent(name, bits, 7)
  }

  #checkParameters(command: ScriptCommand, dumped: DumpedCommand, script: ScriptFacts): readonly string[] {
    const everywhere = new Set(words(dumped.p))
    const some = new Map(Object.entries(dumped.d ?? {}).map(([name, bits]) => [name.toLowerCase(), bits]))
    const alias = new Map(
      Object.entries(dumped.a ?? {}).map(([short, name]) => [short.toLowerCase(), name.toLowerCase()]),
    )
    const name = (command.name ?? '').slice((command.name ?? '').lastIndexOf('\\') + 1)
    // The dump of the Hyper-V module has neither of these two.
    const risky = dumped.m === 'Hyper-V' ? ['confirm', 'whatif'] : []
    const asked = script.asked.map((one) => one.toLowerCase())
    const free = new Set([...COMMON, ...(DYNAMIC[name.toLowerCase()] ?? []), ...risky, ...asked])
    const used = this.#used(command, script, alias)
    const problems = [...used.named].flatMap(([parameter, value]) => {
      if (free.has(parameter) || everywhere.has(parameter)) return checkValue(name, parameter, value)
      const bits = some.get(parameter)
      if (bits === undefined) return [`${name} has no parameter -${parameter}`]
      return this.#absent(`${name} -${parameter}`, bits, dumped.in)
    })
    if (problems.length > 0) return problems
    const all = this.#absent(name, dumped.in, dumped.m === 'Hyper-V' ? 8 : 7)
    if (all.length > 0) return all
    const sets = Object.entries(dumped.s ?? {})
    const places = this.#positions.get(name.toLowerCase())
    const shared = parseSet(dumped.s?.['*']).map((one) =>
      places === undefined || places.has(one.name) ? one : { ...one, flags: '-' },
    )
    const named = sets.filter(([set]) => set !== '*')
    const candidates = named.length === 0 ? [shared] : named.map(([, set]) => [...parseSet(set), ...shared])
    if (sets.length === 0 || candidates.some((set) => fits(set, used, command, free))) return []
    return [
      `${name}: no parameter set takes -${[...used.named.keys()].join(', -')} with ${used.positionals} more`,
    ]
  }

  /** Machines of `expected` on which something with these bits is not there. */
  #absent(what: string, bits: number, expected: number): readonly string[] {
    const without = this.#platforms.filter(({ bit }) => (expected & bit) !== 0 && (bits & bit) === 0)
    return without.length === 0 ? [] : [`${what} is not there on ${without.map(({ os }) => os).join(', ')}`]
  }

  #used(command: ScriptCommand, script: ScriptFacts, alias: ReadonlyMap<string, string>): Used {
    const named = new Map<string, string | null>()
    let positionals = 0
    let open = false
    const elements = [...command.elements]
    for (let element = elements.shift(); element !== undefined; element = elements.shift()) {
      if (element.kind === 'value') positionals += 1
      else if (element.kind === 'splat') open = addSplat(element, script, named, alias) || open
      else {
        const name = alias.get(element.name.toLowerCase()) ?? element.name.toLowerCase()
        const takesValue = !this.#switches.has(name) && !element.inline && elements[0]?.kind === 'value'
        named.set(name, takesValue ? (elements.shift()?.value ?? null) : element.value)
      }
    }
    return { named, positionals, open }
  }
}

interface Used {
  /** Lower-case name → constant value or null. */
  readonly named: ReadonlyMap<string, string | null>
  readonly positionals: number
  /** Something came from a variable that cannot be read here. */
  readonly open: boolean
}

type Published = Readonly<
  Record<string, Readonly<Record<string, readonly [type: string, need: string, position: number | null]>>>
>

/** Parameter sets of each published command. */
function readPublished(file: string): Readonly<Record<string, Published>> {
  const { cmdlets } = JSON.parse(readFileSync(file, 'utf8')) as {
    cmdlets: Record<string, { sets: Published }>
  }
  return Object.fromEntries(Object.entries(cmdlets).map(([name, { sets }]) => [name, sets]))
}

/** Names that are switches with every published command that has them. */
function switchesOf(cmdlets: Readonly<Record<string, Published>>): ReadonlySet<string> {
  const switches = new Set<string>()
  const others = new Set<string>()
  for (const set of Object.values(cmdlets).flatMap((sets) => Object.values(sets)))
    for (const [name, [type]] of Object.entries(set))
      (type === 'SwitchParameter' ? switches : others).add(name.toLowerCase())
  return new Set([...switches].filter((name) => !others.has(name)))
}

/** Parameters of a command of 5.1 that can be given by their position. */
function positionsOf(cmdlets: Readonly<Record<string, Published>>): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    Object.entries(cmdlets)
      .filter(([name]) => !name.endsWith('@7.6'))
      .map(([name, sets]) => [
        name.toLowerCase().replace('@5.1', ''),
        new Set(
          Object.values(sets).flatMap((set) =>
            Object.entries(set).flatMap(([parameter, [, , place]]) =>
              place === null ? [] : parameter.toLowerCase(),
            ),
          ),
        ),
      ]),
  )
}

function words(text: string | undefined): readonly string[] {
  return (text ?? '').toLowerCase().split(' ').filter(Boolean)
}

function checkValue(name: string, parameter: string, value: string | null): readonly string[] {
  const allowed = VALUES[parameter]
  if (allowed === undefined || value === null || allowed.includes(value.toLowerCase())) return []
  return [`${name} -${parameter} takes ${allowed.join(', ')}, not ${value}`]
}

function checkOwn(command: ScriptCommand, parameters: ReadonlySet<string>): readonly string[] {
  return command.elements.flatMap((element) =>
    element.kind !== 'parameter' ||
    parameters.has(element.name.toLowerCase()) ||
    COMMON.has(element.name.toLowerCase())
      ? []
      : [`${command.text} has no parameter -${element.name}`],
  )
}

interface SetParameter {
  readonly name: string
  readonly flags: string
}

function parseSet(text: string | undefined): readonly SetParameter[] {
  return words(text).map((word) => {
    const [name, flags = ''] = word.split(':') as [string, string?]
    return { name, flags }
  })
}

/** The dump loses the positions of parameters of every set, so each of those may be one. */
function fits(
  set: readonly SetParameter[],
  used: Used,
  command: ScriptCommand,
  free: ReadonlySet<string>,
): boolean {
  const names = new Set(set.map(({ name }) => name))
  if ([...used.named.keys()].some((name) => !names.has(name) && !free.has(name))) return false
  const positional = set.filter(
    ({ name, flags }) => !used.named.has(name) && (/\d/.test(flags) || flags === ''),
  )
  if (used.positionals > positional.length) return false
  if (used.open) return true
  const order = positional.toSorted((a, b) => position(a) - position(b))
  const filled = new Set(order.slice(0, used.positionals).map(({ name }) => name))
  return set.every(({ name, flags }) => {
    const given = used.named.has(name) || filled.has(name)
    return !flags.includes('m') || given || (command.piped && /[vn]/.test(flags))
  })
}

function position({ flags }: SetParameter): number {
  return Number(/\d+/.exec(flags)?.[0] ?? 99)
}

/** Returns whether the splat could not be read. */
function addSplat(
  element: ScriptElement,
  script: ScriptFacts,
  named: Map<string, string | null>,
  alias: ReadonlyMap<string, string>,
): boolean {
  const found = Object.entries(script.tables).find(
    ([name]) => name.toLowerCase() === element.name.toLowerCase(),
  )
  if (found === undefined) return true
  for (const { name, value } of found[1])
    if (name !== null) named.set(alias.get(name.toLowerCase()) ?? name.toLowerCase(), value)
  return found[1].some(({ name }) => name === null)
}
