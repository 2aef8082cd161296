/** The pages of docs/reference, made from what the code registers: `npm run docs` writes them, a test holds them against the code. */
import { globSync, readFileSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { groupCommands } from '../../src/cli/command-groups.ts'
import { formatNames, jsonSchemaOf } from '../../src/inputs/json-schemas.ts'
import { HARD_SYMPTOMS, SYMPTOM_MEANINGS, SymptomClassSchema } from '../../src/model/symptom.ts'
import { builtIn } from '../../src/plugins/built-in.ts'
import { formatFields } from './format-fields.ts'

const SRC = resolve(import.meta.dirname, '../../src')
const NOTE = '<!-- Made by `npm run docs` from the code: change the code, not this page. -->'

/** Files that a person writes; the others are written by ringzero. */
const WRITTEN_BY_PEOPLE = new Set(['matrix', 'candidate', 'product', 'lab', 'policy', 'partners'])

/** File name → text of each page. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['commands.md', await commandsPage()],
    ['checks.md', checksPage()],
    ['symptoms.md', symptomsPage()],
    ['file-formats.md', fileFormatsPage()],
  ])
}

interface CommandFacts {
  readonly summary?: string
  readonly description?: string
  readonly args?: Readonly<Record<string, { readonly description?: string; readonly required?: boolean }>>
  readonly flags?: Readonly<Record<string, FlagFacts>>
  readonly baseFlags?: Readonly<Record<string, FlagFacts>>
  readonly examples?: readonly unknown[]
  readonly hidden?: boolean
}

interface FlagFacts {
  readonly description?: string
  readonly summary?: string
  readonly required?: boolean
  readonly hidden?: boolean
  readonly type?: string
  readonly multiple?: boolean
  readonly options?: readonly string[]
  readonly default?: unknown
}

async function commandsPage(): Promise<string> {
  const commands = new Map<string, CommandFacts>()
  for (const file of globSync('commands/**/*.ts', { cwd: SRC }).toSorted()) {
    const { default: command } = (await import(join(SRC, file))) as { readonly default: CommandFacts }
    if (command.hidden !== true)
      commands.set(file.split(sep).slice(1).join(':').replace(/\.ts$/, ''), command)
  }
  const groups = groupCommands([...commands.keys()])
  return page(
    'Commands',
    'Every command prints one JSON document with `--json` where it lists that flag. What exit codes mean: [README](../../README.md#use-it). `ringzero completion SHELL` prints the completion of bash, zsh, fish and PowerShell.',
    groups.flatMap(({ title, ids }) => [
      `## ${sentence(title)}`,
      ...ids.flatMap((id) => commandText(id, commands.get(id) ?? {})),
    ]),
  )
}

function commandText(id: string, command: CommandFacts): string[] {
  const name = `ringzero ${id.replaceAll(':', ' ')}`
  const args = Object.entries(command.args ?? {})
  const flags = Object.entries({ ...command.baseFlags, ...command.flags }).filter(
    ([, flag]) => flag.hidden !== true,
  )
  const usage = args.map(([arg, { required }]) =>
    required === true ? arg.toUpperCase() : `[${arg.toUpperCase()}]`,
  )
  const examples = (command.examples ?? []).filter((example) => typeof example === 'string')
  return [
    `### ${name}`,
    [command.summary, command.description]
      .filter((text) => text !== undefined)
      .map(withStop)
      .join(' '),
    `\`\`\`\n${[[name, ...usage].join(' '), ...examples.map((text) => text.replaceAll('<%= config.bin %>', 'ringzero'))].join('\n')}\n\`\`\``,
    ...(args.length + flags.length === 0
      ? []
      : [
          table(
            ['argument or flag', 'meaning'],
            [
              ...args.map(([arg, { description = '' }]) => [`\`${arg.toUpperCase()}\``, description]),
              ...flags.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(flagRow),
            ],
          ),
        ]),
  ]
}

function flagRow([name, flag]: readonly [string, FlagFacts]): string[] {
  const notes = [
    ...(flag.required === true ? ['required'] : []),
    ...(flag.multiple === true ? ['can be repeated'] : []),
    ...(flag.options === undefined
      ? []
      : [`one of ${flag.options.map((option) => `\`${option}\``).join(', ')}`]),
    ...(['string', 'number'].includes(typeof flag.default) ? [`default \`${String(flag.default)}\``] : []),
  ]
  const value = flag.type === 'option' ? ` ${name.split('-').at(-1)?.toUpperCase() ?? ''}` : ''
  return [`\`--${name}${value}\``, [flag.summary ?? flag.description ?? '', ...notes].join('; ')]
}

function checksPage(): string {
  const rows = (builtIn.checks ?? []).map((check) => {
    return [
      `\`${check.id}\``,
      check.title,
      check.os.join(', '),
      check.moments.length === 5 ? 'all' : check.moments.join(', '),
      (check.shows ?? []).map(symptomLink).join(', '),
      check.cannotSee ?? '',
    ]
  })
  const optional = (builtIn.checks ?? [])
    .filter(({ needed }) => needed === false)
    .map(({ id }) => `\`${id}\``)
  return page(
    'Checks',
    `A check looks into a running guest and reports facts; the judge compares them with the control and decides. What a check could not look at at all keeps the cell from passing, except with ${optional.join(', ')}. Checks are taken off with \`checks: { skip: [ID] }\` in the matrix. The host’s own watch (boot milestones, crashes, hangs, power) is no check and is always on.`,
    [
      table(['check', 'passes when', 'guests', 'moments', 'symptoms that it can show', 'cannot see'], rows),
      'Moments: `baseline` (before the candidate), `after-install`, `after-restart` (each one), `after-soak`, `after-rollback`. A check without symptoms makes attempts invalid, or only records.',
    ],
  )
}

function symptomsPage(): string {
  const checks = builtIn.checks ?? []
  const rooms = globSync('{judge,run}/**/*.ts', { cwd: SRC }).map((file) => ({
    room: file.split(sep)[0] === 'judge' ? 'the judge' : 'the watch',
    text: readFileSync(join(SRC, file), 'utf8'),
  }))
  const rows = SymptomClassSchema.options.map((name) => {
    const named = (text: string): boolean => text.includes(`'${name}'`)
    const sources = [
      ...checks
        .filter(({ shows }) => shows?.includes(name) === true)
        .map(({ id }) => `[\`${id}\`](checks.md)`),
      ...new Set(rooms.filter(({ text }) => named(text)).map(({ room }) => room)),
    ]
    return [
      `<a id="${name}"></a>\`${name}\``,
      SYMPTOM_MEANINGS[name],
      HARD_SYMPTOMS.has(name) ? 'yes' : '',
      sources.join(', '),
    ]
  })
  return page(
    'Symptoms',
    'A symptom is a named class of failure. It is held against the candidate only where the control does not show it too. Hard symptoms rest on evidence that no repetition takes away.',
    [table(['class', 'meaning', 'hard', 'named by'], rows)],
  )
}

function fileFormatsPage(): string {
  const rows = (name: string): string[][] =>
    formatFields(jsonSchemaOf(name)).map(({ path, type, required, description }) => [
      `\`${path}\``,
      type,
      required ? 'yes' : '',
      description,
    ])
  const section = (name: string): string[] => [
    `### ${name}`,
    `[JSON Schema](../schemas/${name}.schema.json)`,
    table(['field', 'type', 'required', 'notes'], rows(name)),
  ]
  const [people, written] = [true, false].map((byPeople) =>
    formatNames.filter((name) => WRITTEN_BY_PEOPLE.has(name) === byPeople),
  )
  return page(
    'File formats',
    'In paths, `NAME` is a name of your choice and `[]` each entry of a list. `ringzero schema FORMAT` prints the schema for editors; a first line `# yaml-language-server: $schema=…` makes an editor check the file.',
    [
      '## Files that you write',
      ...(people ?? []).flatMap(section),
      '## Files that ringzero writes',
      ...(written ?? []).flatMap(section),
    ],
  )
}

function symptomLink(name: string): string {
  return `[\`${name}\`](symptoms.md#${name})`
}

function page(title: string, lead: string, blocks: readonly string[]): string {
  return `${[NOTE, `# ${title}`, lead, ...blocks].join('\n\n')}\n`
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')).join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

function withStop(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}
