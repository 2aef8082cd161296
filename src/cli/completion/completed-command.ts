/** What the completion of every shell is made of. */
export interface CompletedFlag {
  readonly name: string
  readonly takesValue: boolean
  /** Values that it takes; none where it takes every value. */
  readonly options: readonly string[]
  readonly description: string
}

export interface CompletedCommand {
  /** `images:build` */
  readonly id: string
  readonly summary: string
  readonly flags: readonly CompletedFlag[]
}

/** What can follow the words of a command or a topic. */
export interface WordsSoFar {
  /** `''`, `images`, `images build` */
  readonly words: string
  readonly next: readonly { readonly word: string; readonly summary: string }[]
  readonly flags: readonly CompletedFlag[]
}

const HELP: CompletedFlag = { name: 'help', takesValue: false, options: [], description: 'show help' }

/** Every beginning of a command line, the empty one first; each offers `--help`. */
export function wordsSoFar(commands: readonly CompletedCommand[]): readonly WordsSoFar[] {
  const beginnings = new Set([''])
  for (const { id } of commands)
    for (const [at] of id.split(':').entries())
      beginnings.add(
        id
          .split(':')
          .slice(0, at + 1)
          .join(' '),
      )
  return [...beginnings].map((words) => {
    const depth = words === '' ? 0 : words.split(' ').length
    const next = new Map<string, string>()
    for (const { id, summary } of commands) {
      const own = id.split(':')
      if (own.length <= depth || own.slice(0, depth).join(' ') !== words) continue
      const word = own[depth] ?? ''
      // A topic has no summary of its own.
      if (own.length === depth + 1 || !next.has(word)) next.set(word, own.length === depth + 1 ? summary : '')
    }
    const flags = commands.find(({ id }) => id.replaceAll(':', ' ') === words)?.flags ?? []
    return {
      words,
      next: [...next].map(([word, summary]) => ({ word, summary })),
      flags: flags.some(({ name }) => name === HELP.name) ? flags : [...flags, HELP],
    }
  })
}

/**
 * Lines of bash and zsh that follow the typed words for as long as they are a command or a topic, and leave it in `$command`.
 * `first` and `end`: where the words behind the program's name begin, and the word that is completed; `typed`: the array of them.
 */
export function followTypedWords(
  all: readonly WordsSoFar[],
  { first, end, typed }: { readonly first: number; readonly end: string; readonly typed: string },
): readonly string[] {
  const known = all.flatMap(({ words }) => (words === '' ? [] : [`'${words}'`])).join('|')
  return [
    `    for (( at = ${first}; at < ${end}; at++ )); do`,
    `        word=\${${typed}[at]}`,
    '        case "${command:+$command }$word" in',
    `            ${known}) command="\${command:+$command }$word" ;;`,
    '            *) break ;;',
    '        esac',
    '    done',
    '    case "$command" in',
  ]
}
