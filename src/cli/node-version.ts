/** Whether this Node.js can run ringzero. Loaded before everything else, so it imports nothing. */

/** The oldest version that has what ringzero uses, as package.json says. */
export const OLDEST_NODE = '22.13.0'

/** One sentence for a person whose Node.js is too old; undefined where it is not. */
export function tooOldNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE.split('.').map(Number)
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined
  return `error: ringzero needs Node.js ${oldestMajor}.${oldestMinor} or later, and was started by ${version}; install a newer one (https://nodejs.org)`
}
