/** Names of services, drivers and filters inside a guest. */
import type { OsName } from './recipe.ts'

/** Windows does not tell upper and lower case apart in them; Linux does. */
export function sameGuestName(one: string, other: string, os: OsName): boolean {
  return os === 'windows' ? one.toLowerCase() === other.toLowerCase() : one === other
}
