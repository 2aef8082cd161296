/** What guards the kernel must stay as it was: Windows silently turns memory integrity off for a driver that cannot live with it. */
import type { Fact } from '../../../model/observation.ts'
import type { Check } from '../../../sdk/check.ts'
import type { ProtectionFacts } from '../../../sdk/windows-guest.ts'
import { askWindows } from './ask-windows.ts'
import { blind, expectation } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

export const windowsHvci: Check = {
  id: 'windows-hvci',
  title: 'memory integrity, secure boot and BitLocker stay as they were',
  cannotSee: 'what Windows did not tell at the baseline either',
  moments: EVERY_MOMENT,
  os: ['windows'],
  shows: ['protection-off'],
  async run(target, ctx) {
    const looked = await askWindows('windows:protection', target, (windows) =>
      windows.protection(target.guest, ctx),
    )
    if (looked.blind !== undefined) return [looked.blind]
    if (target.moment === 'baseline') {
      target.memory.set('baseline', looked.value)
      return []
    }
    const before = target.memory.get('baseline') as ProtectionFacts | undefined
    if (before === undefined) return [blind('windows:protection', 'it was not looked at at the baseline')]
    return compare(before, looked.value)
  },
}

function compare(before: ProtectionFacts, now: ProtectionFacts): readonly Fact[] {
  const facts = [
    same('memory-integrity', before.memoryIntegrity, now.memoryIntegrity),
    same('virtualization-based-security', before.vbs, now.vbs),
    same('secure-boot', before.secureBoot, now.secureBoot),
    same('test-signing', before.testSigning, now.testSigning),
  ]
  const volumes = before.bitLocker.map(({ volume, protected: was }) => {
    const is = now.bitLocker.find((entry) => entry.volume === volume)?.protected
    return same(`bitlocker:${volume}`, was, is)
  })
  return [...facts, ...volumes].filter((fact) => fact !== undefined)
}

/** What was unknown at the baseline proves nothing; what became unknown is blind, not fine. */
function same(name: string, was: boolean | undefined, is: boolean | undefined): Fact | undefined {
  if (was === undefined) return undefined
  if (is === undefined) return blind(`windows:${name}`, 'Windows no longer says')
  return expectation('protection-off', {
    subject: `windows:${name}`,
    expected: was ? 'on' : 'off',
    seen: is ? 'on' : 'off',
    holds: was === is,
  })
}
