/** Starts a machine's processes from its record. */
import { formatInstant, type Instant } from '../../../../kit/clock.ts'
import type { Context } from '../../../../sdk/context.ts'
import { stat } from 'node:fs/promises'
import { MACHINE_FILES, buildArguments, type Accelerator } from './build-arguments.ts'
import { prepareFirmware } from './firmware.ts'
import { hostFault } from './host-faults.ts'
import type { MachineFiles } from './machine-files.ts'
import { claimedAt, type MachineRecord } from './machine-folder.ts'
import type { QemuHost, QemuProcess } from './qemu-host.ts'

/** An ordinary start, a start into safe mode, or a restore of the saved memory in the machine's folder. */
export type LaunchMode = 'boot' | 'safe' | 'restored'

/** @throws AppError fault "host" when something of the host is missing */
export async function launchMachine(
  record: MachineRecord,
  how: LaunchMode,
  host: QemuHost,
  accelerator: Accelerator,
  ctx: Context,
): Promise<QemuProcess> {
  const { profile, source, ref } = record
  // Sockets of an earlier process would refuse or mislead the connection to the next.
  const files = host.filesOf(record)
  await files.remove([MACHINE_FILES.qmpSocket, MACHINE_FILES.agentSocket, MACHINE_FILES.tpmSocket])
  await requireFiles(record, files)
  const { kernel } = source
  const firmwareCode = await prepareFirmware(record, MACHINE_FILES.firmwareVariables, host, ctx)
  const argv = buildArguments({
    name: ref.name.replaceAll(/[^A-Za-z0-9._-]/g, '-'),
    profile,
    os: source.os,
    accelerator,
    safe: how === 'safe',
    restored: how === 'restored',
    // UEFI firmware starts the distribution's own (signed, compressed) kernel file.
    ...(kernel === undefined
      ? {}
      : {
          kernel: firmwareCode === undefined ? kernel : { ...kernel, path: kernel.uefiPath ?? kernel.path },
        }),
    ...(firmwareCode === undefined ? {} : { firmwareCode }),
    ...(profile.clock === undefined
      ? {}
      : { clockBase: await guestClock(profile.clock, record, ctx.clock.now()) }),
  })
  return await host.start(argv, record, accelerator, ctx)
}

/** QEMU's own words for a missing kernel name no fix. */
async function requireFiles({ source, savedState }: MachineRecord, own: MachineFiles): Promise<void> {
  const files = [
    savedState?.disk,
    source.kernel?.path,
    source.kernel?.uefiPath,
    source.kernel?.initrd,
    source.disk,
  ]
  for (const file of files) {
    if (file === undefined) continue
    await stat(file).catch((error: Error) => {
      throw hostFault('a file of the machine cannot be read', error.message, 'HOST_IMAGE_MISSING')
    })
  }
  if (!(await own.has(MACHINE_FILES.disk)))
    throw hostFault(
      'a file of the machine cannot be read',
      `${MACHINE_FILES.disk}: no such file or directory`,
      'HOST_IMAGE_MISSING',
    )
}

/** The profile's clock, moved on by the time since the machine was made: a second power-on must not go back in time. */
async function guestClock(clock: string, { folder }: MachineRecord, now: Instant): Promise<string> {
  const elapsed = Math.max(0, now - (await claimedAt(folder)))
  return formatInstant(Date.parse(clock) + elapsed).slice(0, 19)
}
