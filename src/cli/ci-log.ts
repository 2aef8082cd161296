/**
 * Logs of CI systems: lines that fold, and lines that command. Whoever runs a CI system reads both streams of a program, so no
 * foreign text may begin or hold such a line.
 */

/** A CI system whose log has groups that fold. */
export type CiSystem = 'github' | 'gitlab' | 'azure'

type Environment = Readonly<Record<string, string | undefined>>

/** The system that this process runs in, by the variables that each sets; undefined elsewhere. */
export function ciSystemOf(environment: Environment): CiSystem | undefined {
  if (environment['GITHUB_ACTIONS'] === 'true') return 'github'
  if (environment['GITLAB_CI'] === 'true') return 'gitlab'
  return environment['TF_BUILD']?.toLowerCase() === 'true' ? 'azure' : undefined
}

/** The line that opens a group. `key`: letters, digits and `_`; `at`: milliseconds. `title` is one line without commands. */
export function groupStart(system: CiSystem, key: string, title: string, at: number): string {
  switch (system) {
    case 'github':
      return `::group::${title.replaceAll('%', '%25')}`
    case 'gitlab':
      return `\u001b[0Ksection_start:${Math.floor(at / 1000)}:${key}[collapsed=true]\r\u001b[0K${title}`
    case 'azure':
      return `##[group]${title}`
  }
}

/** The line that closes it. */
export function groupEnd(system: CiSystem, key: string, at: number): string {
  switch (system) {
    case 'github':
      return '::endgroup::'
    case 'gitlab':
      return `\u001b[0Ksection_end:${Math.floor(at / 1000)}:${key}\r\u001b[0K`
    case 'azure':
      return '##[endgroup]'
  }
}

/**
 * Text in which no line is a command: GitHub takes `::name::` at the start of a line (white space before it does not count) and
 * `##[name]` anywhere, Azure DevOps `##vso[` and `##[`, TeamCity `##teamcity[`; GitLab's sections need characters that never
 * reach the terminal.
 */
export function withoutCommands(text: string): string {
  return text.replace(/^(\s*):(?=:)/gm, '$1: ').replace(/##(?=[\w.-]*\[)/g, '# #')
}
