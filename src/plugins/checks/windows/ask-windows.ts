/** Asks what only Windows can be asked. */
import type { CheckTarget } from '../../../sdk/check.ts'
import type { WindowsGuest } from '../../../sdk/windows-guest.ts'
import { blind, look, type Looked } from '../shared/look.ts'

/** `look` on the guest's Windows facet; a guest OS without one is a blind fact, never silence. */
export async function askWindows<T>(
  subject: string,
  target: CheckTarget,
  ask: (windows: WindowsGuest) => Promise<T>,
): Promise<Looked<T>> {
  const { windows } = target.os
  if (windows === undefined)
    return { blind: blind(subject, 'the os cannot be asked what only Windows knows') }
  return look(subject, () => ask(windows))
}
