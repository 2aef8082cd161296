/** Names of services, drivers, filters and files inside a guest. */
import type { OsName } from './recipe.ts'

/** The form in which names that are the same to the system are equal: Windows does not tell upper and lower case apart; Linux does. */
export function foldGuestName(name: string, os: OsName): string {
  return os === 'windows' ? name.toLowerCase() : name
}

export function sameGuestName(one: string, other: string, os: OsName): boolean {
  return foldGuestName(one, os) === foldGuestName(other, os)
}
