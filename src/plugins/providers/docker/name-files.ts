/** Shell words that give sealed files their names in a container, before it does anything else. */

/** Lies in a container whose files have their names. */
export const NAMED = '/tmp/named'

/** Takes its arguments from the front: how many files, then pairs of file and name. */
export const NAME_FILES = `
n=$1; shift
while [ "$n" -gt 0 ]; do ln -s -- "$1" "$2" || exit 98; shift 2; n=$((n-1)); done
`

/** The arguments that NAME_FILES takes. */
export function nameArguments(names: readonly (readonly [file: string, name: string])[]): string[] {
  return [String(names.length), ...names.flat()]
}

/** A command that names files and then waits for programs that are run from outside. */
export function idleWithNames(names: readonly (readonly [file: string, name: string])[]): string[] {
  return ['sh', '-c', `${NAME_FILES}: >${NAMED}; exec sleep infinity`, 'sh', ...nameArguments(names)]
}
