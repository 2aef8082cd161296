/** Names that Windows keeps, refuses or changes silently (learn.microsoft.com, "Naming Files, Paths, and Namespaces"). */

/** MAX_PATH without its end: what Windows PowerShell 5.1 and most installers still take. */
const MOST_PATH_CHARACTERS = 259
const DEVICES = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i

/**
 * Why no file can stand under this path, in words; undefined when it can.
 * @param path steps behind the drive, or of a folder of ours @param characters length of the whole path in the guest
 */
export function whyNoWindowsPath(path: string, characters: number): string | undefined {
  if (characters > MOST_PATH_CHARACTERS)
    return `its path has ${characters} characters, more than ${MOST_PATH_CHARACTERS}`
  for (const step of path.split(/[\\/]/)) {
    const refused = /[<>:"|?*]|\p{Cc}/u.exec(step)?.[0]
    if (refused !== undefined) return `it holds ${JSON.stringify(refused)}`
    if (/[. ]$/.test(step)) return 'Windows drops a dot or a space at the end of a name'
    if (DEVICES.test(step)) return `${step.split('.')[0]} is the name of a device`
  }
  return undefined
}
