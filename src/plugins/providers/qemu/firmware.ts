/** Where this host keeps OVMF, the UEFI firmware for virtual machines. */
import { access, copyFile, chmod } from 'node:fs/promises'
import { join } from 'node:path'
import type { MachineProfile } from '../../../model/machine-profile.ts'
import { AppError } from '../../../model/errors.ts'

export interface FirmwareFiles {
  readonly code: string
  /** Template of the variables; each machine gets its own copy. */
  readonly variables: string
}

/** Debian and Ubuntu (package ovmf), Fedora (edk2-ovmf), Arch (edk2-ovmf). `ms` variables hold Microsoft's keys. */
const CANDIDATES: Readonly<Record<'uefi' | 'uefi-secure-boot', readonly FirmwareFiles[]>> = {
  uefi: [
    { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
    { code: '/usr/share/OVMF/OVMF_CODE.fd', variables: '/usr/share/OVMF/OVMF_VARS.fd' },
    { code: '/usr/share/edk2/ovmf/OVMF_CODE.fd', variables: '/usr/share/edk2/ovmf/OVMF_VARS.fd' },
    { code: '/usr/share/edk2/x64/OVMF_CODE.4m.fd', variables: '/usr/share/edk2/x64/OVMF_VARS.4m.fd' },
  ],
  'uefi-secure-boot': [
    { code: '/usr/share/OVMF/OVMF_CODE_4M.ms.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.ms.fd' },
    { code: '/usr/share/OVMF/OVMF_CODE.ms.fd', variables: '/usr/share/OVMF/OVMF_VARS.ms.fd' },
    {
      code: '/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd',
      variables: '/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd',
    },
  ],
}

/** The first pair that this host has; undefined when it has none. */
export async function findFirmware(
  firmware: 'uefi' | 'uefi-secure-boot',
): Promise<FirmwareFiles | undefined> {
  for (const files of CANDIDATES[firmware]) {
    const present = await Promise.all([access(files.code), access(files.variables)]).then(
      () => true,
      () => false,
    )
    if (present) return files
  }
  return undefined
}

/**
 * Gives a machine its own copy of the firmware's variables, if its profile asks for UEFI.
 * @returns the path of the read-only code; undefined for the BIOS
 * @throws AppError HOST_FIRMWARE_MISSING
 */
export async function prepareFirmware(
  profile: Pick<MachineProfile, 'firmware'>,
  folder: string,
  fileName: string,
): Promise<string | undefined> {
  const firmware = profile.firmware ?? 'bios'
  if (firmware === 'bios') return undefined
  const files = await findFirmware(firmware)
  if (files === undefined)
    throw new AppError('HOST_FIRMWARE_MISSING', 'host', `this host has no OVMF firmware for "${firmware}"`, {
      hint: 'install the Debian package ovmf (ringzero doctor --fix)',
    })
  const copy = join(folder, fileName)
  const kept = await access(copy).then(
    () => true,
    () => false,
  )
  if (!kept) {
    await copyFile(files.variables, copy)
    await chmod(copy, 0o600)
  }
  return files.code
}
