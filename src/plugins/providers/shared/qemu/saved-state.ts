/**
 * Running machines that are saved whole and gone on from: QEMU's migration into a file and out of it. The disk of that
 * instant is the overlay as it stands when the stream has ended (QEMU writes and releases it before it says "completed").
 */
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { hashJson } from '../../../../kit/hash.ts'
import { AppError } from '../../../../model/errors.ts'
import type { MachineProfile } from '../../../../model/machine-profile.ts'
import type { OsName } from '../../../../model/recipe.ts'
import type { Context } from '../../../../sdk/context.ts'
import type { BootSource, SavedState } from '../../../../sdk/provider.ts'
import { MACHINE_FILES, buildArguments, diskBusOf, type Accelerator } from './build-arguments.ts'
import { sealOverlay } from './disk-image.ts'
import { hostFault } from './host-faults.ts'
import type { MachineFiles } from './machine-files.ts'
import type { MachineRecord } from './machine-folder.ts'
import type { MachineSession } from './machine-session.ts'
import type { RunTool } from './qemu-host.ts'
import { QmpClosed } from './qmp-client.ts'

const POLL_MS = 50
/** QEMU's own limit (128 MiB/s) is meant for networks. */
const BYTES_A_SECOND = 2 ** 40
/** Lies in the machine's folder from the moment on in which its saved memory no longer fits its disk. */
const STARTED_FILE = 'started'

/** Why QEMU cannot save a running machine of this profile so that a restored one is the same; empty when it can. */
export function refuseSavedState(
  profile: Pick<MachineProfile, 'disk' | 'firmware' | 'tpm' | 'clock' | 'network' | 'nestedVirtualization'>,
  os: OsName,
): string[] {
  return [
    ...(diskBusOf(profile, os) === 'nvme' ? ['QEMU’s NVMe disk cannot be saved while it runs'] : []),
    ...((profile.firmware ?? 'bios') === 'bios' ? [] : ['UEFI’s variables are no part of a saved machine']),
    ...(profile.tpm === '2.0' ? ['the TPM’s state lives in another process'] : []),
    ...(profile.nestedVirtualization === true ? ['guests inside the guest cannot be saved'] : []),
    ...(profile.clock === undefined
      ? []
      : ['the clock that was asked for moves on between save and restore']),
    ...(profile.network?.access === 'open' ? ['connections to the network do not outlive a save'] : []),
  ]
}

/** The same for program, accelerator, processor and command line: what a state was saved under. */
export function savedStateIdentity(
  { source, profile }: { readonly source: BootSource; readonly profile: MachineProfile },
  host: { readonly qemu: string; readonly accelerator: Accelerator },
): string {
  const { kernel, os } = source
  const argv = buildArguments({
    name: 'any',
    profile,
    os,
    accelerator: host.accelerator,
    safe: false,
    ...(kernel === undefined ? {} : { kernel }),
  })
  return hashJson([host.qemu, argv, host.accelerator === 'kvm' ? (cpus()[0]?.model ?? '') : ''])
}

/** Saves the machine of this session into `folder` and ends it. @throws AppError HOST_CHECKPOINT */
export async function saveRunning(
  session: MachineSession,
  destination: string,
  end: () => Promise<void>,
  reach: { readonly run: RunTool; readonly files: MachineFiles },
  ctx: Context,
): Promise<SavedState> {
  await session.execute('migrate-set-parameters', { 'max-bandwidth': BYTES_A_SECOND }, ctx)
  // A constant for QEMU's shell; its working directory is the machine's folder.
  await session.execute('migrate', { uri: `exec:cat > ${MACHINE_FILES.savedMemory}` }, ctx)
  for (;;) {
    const progress = (await session.execute('query-migrate', {}, ctx)) as Readonly<Record<string, unknown>>
    if (progress['status'] === 'completed') break
    if (progress['status'] === 'failed' || progress['status'] === 'cancelled')
      throw hostFault('the running machine could not be saved', words(progress), 'HOST_CHECKPOINT')
    await ctx.clock.sleep(POLL_MS, ctx.signal)
  }
  await end()
  const saved: SavedState = {
    disk: join(destination, 'disk.qcow2'),
    diskFormat: 'qcow2',
    memory: join(destination, 'memory'),
  }
  await sealOverlay(MACHINE_FILES.disk, saved.disk, reach, ctx)
  await reach.files.take(MACHINE_FILES.savedMemory, saved.memory, 0o400)
  return saved
}

/**
 * Whether the start that is about to be made goes on from the machine's saved state: true once, for its first start. What
 * ran in between has moved the disk away from the saved memory.
 */
export async function takeSavedState(
  { folder, savedState }: MachineRecord,
  safe: boolean,
  files: Pick<MachineFiles, 'link'>,
): Promise<boolean> {
  if (savedState === undefined) return false
  try {
    await writeFile(join(folder, STARTED_FILE), '', { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  if (safe) return false
  await files.link(savedState.memory, MACHINE_FILES.savedMemory)
  return true
}

/** Waits until the restored machine runs. @throws AppError HOST_CHECKPOINT with QEMU's words when it does not */
export async function untilRestored(session: MachineSession, ctx: Context): Promise<void> {
  try {
    for (;;) {
      const { status } = (await session.execute('query-status', {}, ctx)) as { readonly status?: string }
      if (status === 'running') return
      if (status !== 'inmigrate')
        throw new AppError(
          'HOST_CHECKPOINT',
          'host',
          `the restored machine does not run: QEMU calls it "${status}"`,
        )
      await ctx.clock.sleep(POLL_MS, ctx.signal)
    }
  } catch (error) {
    if (!(error instanceof QmpClosed)) throw error
    const { stderr } = await session.process.ended
    throw hostFault('the saved machine could not be restored', stderr, 'HOST_CHECKPOINT')
  }
}

function words(progress: Readonly<Record<string, unknown>>): string {
  const described = progress['error-desc']
  return typeof described === 'string' ? described : ''
}
