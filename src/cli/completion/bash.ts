/** Completion for bash. */
import { followTypedWords, wordsSoFar, type CompletedCommand } from './completed-command.ts'

/** The script, for a file that `~/.bashrc` sources; where it offers nothing, bash offers files. */
export function bashCompletion(bin: string, commands: readonly CompletedCommand[]): string {
  const all = wordsSoFar(commands)
  return [
    `# Completion of ${bin} for bash, made by: ${bin} completion bash`,
    `_${bin}() {`,
    '    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= word at',
    '    local next= flags= options=',
    '    COMPREPLY=()',
    ...followTypedWords(all, { first: 1, end: 'COMP_CWORD', typed: 'COMP_WORDS' }),
    ...all.map(
      ({ words, next, flags }) =>
        `        '${words}') next='${next.map(({ word }) => word).join(' ')}'; flags='${flags.map(({ name }) => `--${name}`).join(' ')}' ;;`,
    ),
    '    esac',
    '    case "$command $previous" in',
    ...all.flatMap(({ words, flags }) =>
      flags.flatMap(({ name, takesValue, options }) =>
        takesValue
          ? [
              options.length === 0
                ? `        '${words} --${name}') return ;;`
                : `        '${words} --${name}') options='${options.join(' ')}' ;;`,
            ]
          : [],
      ),
    ),
    '    esac',
    '    if [[ -n $options ]]; then next=$options',
    '    elif [[ $current == -* ]]; then next=$flags',
    '    fi',
    '    COMPREPLY=( $(compgen -W "$next" -- "$current") )',
    '}',
    `complete -o default -F _${bin} ${bin}`,
    '',
  ].join('\n')
}
