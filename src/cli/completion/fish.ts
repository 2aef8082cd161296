/** Completion for the fish shell. */
import type { CompletedCommand } from './completed-command.ts'

/** The script; fish reads it from `~/.config/fish/completions/<bin>.fish`. */
export function fishCompletion(bin: string, commands: readonly CompletedCommand[]): string {
  const condition = `__${bin}_words_are`
  return [
    `# Completion of ${bin} for fish, made by: ${bin} completion fish`,
    '# True when the words before the cursor, without flags, are these.',
    `function ${condition}`,
    '    set -l words (commandline -opc)[2..-1]',
    '    set -l plain (string match -v -- "-*" $words)',
    '    set -l wanted (count $argv)',
    '    test (count $plain) -ge $wanted; and test "$plain[1..$wanted]" = "$argv"',
    'end',
    ...commands.flatMap((command) => commandLines(bin, condition, command, commands)),
    '',
  ].join('\n')
}

function commandLines(
  bin: string,
  condition: string,
  { id, summary, flags }: CompletedCommand,
  all: readonly CompletedCommand[],
): readonly string[] {
  const words = id.split(':')
  const [topic = '', ...rest] = words
  const isFirst = all.find((other) => other.id.split(':')[0] === topic)?.id === id
  const names =
    rest.length === 0
      ? [line(bin, `test (count (string match -v -- "-*" (commandline -opc))) -eq 1`, topic, summary)]
      : [
          ...(isFirst
            ? [line(bin, `test (count (string match -v -- "-*" (commandline -opc))) -eq 1`, topic, '')]
            : []),
          line(
            bin,
            `${condition} ${topic}; and test (count (string match -v -- "-*" (commandline -opc))) -eq 2`,
            rest.join(' '),
            summary,
          ),
        ]
  return [
    ...names,
    ...flags.map(
      (flag) =>
        `complete -c ${bin} -n ${quoted(`${condition} ${words.join(' ')}`)} -l ${flag.name}` +
        (flag.takesValue
          ? flag.options.length > 0
            ? ` -x -a ${quoted(flag.options.join(' '))}`
            : ' -r'
          : '') +
        ` -d ${quoted(flag.description)}`,
    ),
  ]
}

function line(bin: string, condition: string, word: string, description: string): string {
  return `complete -c ${bin} -f -n ${quoted(condition)} -a ${quoted(word)}${description === '' ? '' : ` -d ${quoted(description)}`}`
}

/** fish takes everything between single quotes as it is, but for the backslash and the quote (fish manual, "Quotes"). */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', ' ')}'`
}
