/** Names that sort by time and never meet. */
import { randomBytes } from 'node:crypto'
import { formatInstant, type Instant } from './clock.ts'

/** `20261122T195200Z-4f1c`. */
export function timeStampedName(now: Instant): string {
  const stamp = formatInstant(now).replace(/[-:]|\.\d+/g, '')
  return `${stamp}-${randomBytes(2).toString('hex')}`
}
