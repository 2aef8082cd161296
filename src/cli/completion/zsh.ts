/** Completion for zsh. */
import { followTypedWords, wordsSoFar, type CompletedCommand } from './completed-command.ts'

/** The script, for a file that `~/.zshrc` sources, or as `_<bin>` in a folder of `$fpath`. */
export function zshCompletion(bin: string, commands: readonly CompletedCommand[]): string {
  const all = wordsSoFar(commands)
  return [
    `#compdef ${bin}`,
    `# Completion of ${bin} for zsh, made by: ${bin} completion zsh`,
    `_${bin}() {`,
    '    local current=${words[CURRENT]} previous=${words[CURRENT-1]} command= word',
    '    local -a next flags options',
    '    local -i at',
    ...followTypedWords(all, { first: 2, end: 'CURRENT', typed: 'words' }),
    ...all.map(
      ({ words, next, flags }) =>
        `        ${quoted(words)}) next=(${next.map(({ word, summary }) => described(word, summary)).join(' ')}); flags=(${flags.map(({ name, description }) => described(`--${name}`, description)).join(' ')}) ;;`,
    ),
    '    esac',
    '    case "$command $previous" in',
    ...all.flatMap(({ words, flags }) =>
      flags.flatMap(({ name, takesValue, options }) =>
        takesValue
          ? [
              options.length === 0
                ? `        ${quoted(`${words} --${name}`)}) _files; return ;;`
                : `        ${quoted(`${words} --${name}`)}) options=(${options.map(quoted).join(' ')}) ;;`,
            ]
          : [],
      ),
    ),
    '    esac',
    '    if (( $#options )); then compadd -- $options',
    "    elif [[ $current == -* ]]; then _describe -o 'flag' flags",
    "    elif (( $#next )); then _describe 'command' next || _files",
    '    else _files',
    '    fi',
    '}',
    '(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }',
    `if [[ $funcstack[1] == _${bin} ]]; then _${bin} "$@"; else compdef _${bin} ${bin}; fi`,
    '',
  ].join('\n')
}

/** An entry of `_describe`, which ends a word at its first colon. */
function described(word: string, description: string): string {
  return quoted(`${word.replaceAll(':', '\\:')}${description === '' ? '' : `:${description}`}`)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`).replace(/\s+/g, ' ')}'`
}
