/** Where this host keeps OVMF, the UEFI firmware for virtual machines. */
import { AppError } from '../../../../model/errors.ts'
import type { Context } from '../../../../sdk/context.ts'
import { programFault } from './host-faults.ts'
import type { FirmwareFiles, QemuHost } from './qemu-host.ts'
import type { MachineRecord } from './machine-folder.ts'

const COPY_TIMEOUT_MS = 20_000

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

/** The first pair that is there; undefined when there is none. `isThere` looks where QEMU runs. */
export async function findFirmware(
  firmware: 'uefi' | 'uefi-secure-boot',
  isThere: (path: string) => Promise<boolean>,
): Promise<FirmwareFiles | undefined> {
  for (const files of CANDIDATES[firmware])
    if ((await isThere(files.code)) && (await isThere(files.variables))) return files
  return undefined
}

/**
 * Gives a machine its own copy of the firmware's variables, if its profile asks for UEFI.
 * @returns the path of the read-only code; undefined for the BIOS
 * @throws AppError HOST_FIRMWARE_MISSING
 */
export async function prepareFirmware(
  record: MachineRecord,
  fileName: string,
  host: QemuHost,
  ctx: Pick<Context, 'signal'>,
): Promise<string | undefined> {
  const firmware = record.profile.firmware ?? 'bios'
  if (firmware === 'bios') return undefined
  const files = await host.findFirmware(firmware)
  if (files === undefined)
    throw new AppError('HOST_FIRMWARE_MISSING', 'host', `this host has no OVMF firmware for "${firmware}"`, {
      hint: 'install the Debian package ovmf (ringzero doctor --fix)',
    })
  // A later start keeps what the guest wrote into its variables.
  const copied = await host.toolsOf(record)(
    'cp',
    ['--no-clobber', '--no-preserve=mode', '--', files.variables, fileName],
    { signal: ctx.signal, timeoutMs: COPY_TIMEOUT_MS },
  )
  const fault = programFault('copying the firmware’s variables', copied, 'HOST_FIRMWARE_MISSING')
  if (fault !== undefined) throw fault
  return files.code
}
