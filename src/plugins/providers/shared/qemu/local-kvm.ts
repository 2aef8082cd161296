/** What a provider that runs machines on this computer asks of its KVM. */
import { access, constants, readFile } from 'node:fs/promises'

export const KVM_DEVICE = '/dev/kvm'

/** Why this process cannot open KVM; undefined where it can, which proves no machine yet (accelerator.ts). */
export async function refuseLocalKvm(): Promise<string | undefined> {
  const code = await access(KVM_DEVICE, constants.R_OK | constants.W_OK).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code ?? 'unreadable',
  )
  if (code === undefined) return undefined
  return code === 'ENOENT' ? `this host has no ${KVM_DEVICE}` : `${KVM_DEVICE} cannot be opened (${code})`
}

/** Differs after each start of this computer (proc(5), random/boot_id): what KVM did before says nothing then. */
export async function localBootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
}
