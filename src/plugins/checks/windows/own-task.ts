/** Tasks that Windows and what ships with it makes, moves and removes by itself. */

/** Defender's are a product's like any other, although they stand among Windows' own. */
const DEFENDER = '\\microsoft\\windows\\windows defender\\'
const OWN = ['\\microsoft\\', '\\microsoftedge', '\\onedrive']

/** Whether a task (by its path, as `\\Acme\\Update`) says nothing about anybody's product when it comes or goes. */
export function isWindowsOwnTask(path: string): boolean {
  const lower = path.toLowerCase()
  return !lower.startsWith(DEFENDER) && OWN.some((start) => lower.startsWith(start))
}
