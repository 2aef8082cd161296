/** The machine's disk: a throw-away overlay on sealed, read-only disks. */
import { access, constants, realpath } from 'node:fs/promises'
import { AppError } from '../../../../model/errors.ts'
import type { Context } from '../../../../sdk/context.ts'
import type { BootSource } from '../../../../sdk/provider.ts'
import { programFault } from './host-faults.ts'
import type { MachineFiles } from './machine-files.ts'
import type { RunTool } from './qemu-host.ts'

const QEMU_IMG_TIMEOUT_MS = 120_000

/** Runs qemu-img. @throws AppError fault "host" */
export async function runQemuImg(
  what: string,
  imgArguments: readonly string[],
  run: RunTool,
  ctx: Pick<Context, 'signal'>,
): Promise<string> {
  const finished = await run('qemu-img', imgArguments, {
    signal: ctx.signal,
    timeoutMs: QEMU_IMG_TIMEOUT_MS,
  })
  const fault = programFault(what, finished, 'HOST_DISK_FAILED')
  if (fault !== undefined) throw fault
  return finished.stdout.toString('utf8')
}

/**
 * Makes an empty overlay on the source's disk, of `sizeGiB` if that is given. `name`: in the folder that tools work in.
 * @throws AppError HOST_IMAGE_MISSING, HOST_DISK_CORRUPT, HOST_DISK_FULL; PROFILE_DISK_TOO_SMALL (fault "user")
 */
export async function createOverlay(
  name: string,
  source: BootSource,
  sizeGiB: number | undefined,
  run: RunTool,
  ctx: Pick<Context, 'signal'>,
): Promise<void> {
  const base = await readable(source.disk)
  if (sizeGiB !== undefined) await refuseShrinking(base, source.diskFormat, sizeGiB, run, ctx)
  await runQemuImg(
    `making the overlay on ${base}`,
    [
      'create',
      '-q',
      '-f',
      'qcow2',
      '-F',
      source.diskFormat,
      '-b',
      base,
      name,
      ...(sizeGiB === undefined ? [] : [`${sizeGiB}G`]),
    ],
    run,
    ctx,
  )
}

async function readable(path: string): Promise<string> {
  try {
    const resolved = await realpath(path)
    await access(resolved, constants.R_OK)
    return resolved
  } catch (error) {
    throw new AppError('HOST_IMAGE_MISSING', 'host', `the disk ${path} cannot be read`, {
      cause: error,
      hint: 'build the image or layer again (ringzero images build, ringzero layers build), then resume the run',
    })
  }
}

async function refuseShrinking(
  base: string,
  format: string,
  sizeGiB: number,
  run: RunTool,
  ctx: Pick<Context, 'signal'>,
): Promise<void> {
  const info: unknown = JSON.parse(
    await runQemuImg(`reading the size of ${base}`, ['info', '--output=json', '-f', format, base], run, ctx),
  )
  const size =
    typeof info === 'object' && info !== null ? (info as Record<string, unknown>)['virtual-size'] : undefined
  if (typeof size !== 'number' || sizeGiB * 1024 ** 3 >= size) return
  throw new AppError(
    'PROFILE_DISK_TOO_SMALL',
    'user',
    `a disk of ${sizeGiB} GiB is smaller than its image, which has ${Math.ceil(size / 1024 ** 3)} GiB`,
    { hint: 'raise disk.sizeGiB of the profile or leave it out' },
  )
}

/**
 * Moves a finished overlay to its place on this computer as a read-only disk on the same parents (its backing path is
 * absolute). @throws AppError HOST_DISK_CORRUPT when it fails its check, HOST_DISK_FULL
 */
export async function sealOverlay(
  name: string,
  destination: string,
  { run, files }: { readonly run: RunTool; readonly files: Pick<MachineFiles, 'take'> },
  ctx: Pick<Context, 'signal'>,
): Promise<void> {
  await runQemuImg(`checking ${name}`, ['check', '-q', '-f', 'qcow2', name], run, ctx)
  await files.take(name, destination, 0o444)
}
