/** Whether this Node.js can run ringzero. Loaded before everything else, so it imports nothing. */

/** Lines of Node.js and the oldest version of each that the libraries of signatures and questions take, as package.json says. */
export const NODE_LINES = ['22.22.2', '24.15.0', '26.0.0'] as const

/** One sentence for a person whose Node.js is too old; undefined where it is not. A line between those named is no longer kept up. */
export function tooOldNode(version: string): string | undefined {
  const wanted = numbersOf(version)
  const last = numbersOf(NODE_LINES[NODE_LINES.length - 1] ?? '')
  const isNewEnough = NODE_LINES.map(numbersOf).some(
    (oldest) => (wanted[0] === oldest[0] || oldest[0] === last[0]) && !isBefore(wanted, oldest),
  )
  if (isNewEnough) return undefined
  return `error: ringzero needs ${neededNode()}, and was started by ${version}; install a newer one (https://nodejs.org) [NODE_TOO_OLD]`
}

/** As a sentence has it. */
function neededNode(): string {
  const lines = NODE_LINES.map((version) => version.replace(/(?:\.0)+$/, ''))
  return `Node.js ${lines.slice(0, -1).join(' or ')} or later of these lines, or ${lines.at(-1)} or later`
}

function numbersOf(version: string): readonly number[] {
  return version.split('.').map(Number)
}

function isBefore(version: readonly number[], other: readonly number[]): boolean {
  for (const at of [0, 1, 2]) {
    const [own = 0, theirs = 0] = [version[at], other[at]]
    if (own !== theirs) return own < theirs
  }
  return false
}
