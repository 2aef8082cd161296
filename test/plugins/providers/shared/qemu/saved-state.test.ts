/** Which machines QEMU saves while they run, and what their saved state depends on. */
import { describe, expect, it } from 'vitest'
import type { MachineProfile } from '../../../../../src/model/machine-profile.ts'
import { buildArguments } from '../../../../../src/plugins/providers/shared/qemu/build-arguments.ts'
import {
  refuseSavedState,
  savedStateIdentity,
} from '../../../../../src/plugins/providers/shared/qemu/saved-state.ts'
import type { BootSource } from '../../../../../src/sdk/provider.ts'

const profile: MachineProfile = { cpu: { count: 1 }, memoryMiB: 256 }
const source: BootSource = {
  sha256: 'a'.repeat(64),
  os: 'linux',
  disk: '/disk',
  diskFormat: 'qcow2',
  kernel: { path: '/kernel', commandLine: 'quiet' },
}
const host = { qemu: '7.2', accelerator: 'tcg' } as const

describe('a saved state of QEMU', () => {
  it('is refused, with the reason, for what QEMU cannot save or what would come back as another machine', () => {
    const reasons = (changes: Partial<MachineProfile>): number =>
      refuseSavedState({ ...profile, ...changes }, 'linux').length
    expect(reasons({})).toBe(0)
    for (const bus of ['virtio', 'ide', 'sata', 'scsi'] as const) expect(reasons({ disk: { bus } })).toBe(0)
    for (const access of ['none', 'isolated'] as const) expect(reasons({ network: { access } })).toBe(0)
    expect(reasons({ disk: { bus: 'nvme' } })).toBe(1)
    expect(reasons({ firmware: 'uefi' })).toBe(1)
    expect(reasons({ tpm: '2.0', firmware: 'uefi-secure-boot' })).toBe(2)
    expect(reasons({ nestedVirtualization: true })).toBe(1)
    expect(reasons({ clock: '2026-01-31T12:00:00Z' })).toBe(1)
    expect(reasons({ network: { access: 'open' } })).toBe(1)
  })

  it('has another name under another QEMU, accelerator, command line or hardware', () => {
    const names = [
      savedStateIdentity({ source, profile }, host),
      savedStateIdentity({ source, profile }, { ...host, qemu: '8.0' }),
      savedStateIdentity({ source, profile }, { ...host, accelerator: 'kvm' }),
      savedStateIdentity({ source, profile: { ...profile, memoryMiB: 512 } }, host),
      savedStateIdentity({ source, profile: { ...profile, disk: { bus: 'sata' } } }, host),
      savedStateIdentity(
        { source: { ...source, kernel: { path: '/kernel', commandLine: 'loud' } }, profile },
        host,
      ),
    ]
    expect(new Set(names).size).toBe(names.length)
    expect(savedStateIdentity({ source, profile }, host)).toBe(names[0])
  })

  it('is gone on from on the same command line, and by a constant', () => {
    const asked = { name: 'm', profile, os: 'linux', accelerator: 'tcg', safe: false } as const
    const [booted, restored] = [buildArguments(asked), buildArguments({ ...asked, restored: true })]
    expect(restored).toEqual([...booted, '-incoming', 'exec:cat saved-memory'])
  })
})
