/** What Hyper-V can save while it runs and go on from, and what such a state depends on. */
import { cpus } from 'node:os'
import { z } from 'zod'
import { hashJson } from '../../../kit/hash.ts'
import { AppError } from '../../../model/errors.ts'
import type { MachineProfile } from '../../../model/machine-profile.ts'
import type { BootSource, SavedState } from '../../../sdk/provider.ts'
import type { HostInspection } from './host-report.ts'

/** Why a running machine of this profile cannot be saved so that others go on from it; empty when it can. */
export function refuseSavedState(
  profile: Pick<MachineProfile, 'tpm' | 'nestedVirtualization' | 'clock' | 'network'>,
): string[] {
  return [
    ...(profile.tpm === '2.0' ? ['the state of a virtual TPM is sealed to one machine'] : []),
    ...(profile.nestedVirtualization === true ? ['guests inside the guest cannot be saved'] : []),
    ...(profile.clock === undefined
      ? []
      : ['the clock that was asked for moves on between save and restore']),
    ...(profile.network?.access === 'open' ? ['connections to the network do not outlive a save'] : []),
  ]
}

/** A saved state goes on only on the same build of Hyper-V and the same processor. */
export function savedStateIdentity(
  { profile }: { readonly source: BootSource; readonly profile: MachineProfile },
  host: HostInspection | undefined,
): string {
  const versions = host?.host?.configurationVersions ?? []
  return hashJson([host?.operatingSystem ?? '', versions, cpus()[0]?.model ?? '', profile])
}

const SavedFilesSchema = z.object({ disk: z.string(), memory: z.string(), further: z.array(z.string()) })

/** Runs the script that saves a machine. @throws AppError HOST_CHECKPOINT with the host's words */
export async function saveState(script: () => Promise<unknown>): Promise<SavedState> {
  try {
    return { ...SavedFilesSchema.parse(await script()), diskFormat: 'vhdx' }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError('HOST_CHECKPOINT', 'host', error.message, { cause: error })
  }
}
