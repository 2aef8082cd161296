/** Builds the small Linux guest from the distribution's packages: no loop mounts, no installation, seconds. */
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { assetPath } from '../../kit/assets.ts'
import { hashJson, sha256 } from '../../kit/hash.ts'
import { runProgram, type RunOptions } from '../../kit/process.ts'
import { oneLine } from '../../kit/text.ts'
import { AppError } from '../../model/errors.ts'
import type { LabImage } from '../../model/lab.ts'
import type { Context } from '../../sdk/context.ts'
import {
  dependencyClosure,
  downloadPackages,
  resolvePackages,
  unpackPackages,
  type DebianPackage,
} from '../../kit/debian-packages.ts'
import { compressedPayload, fastKernel } from './fast-kernel.ts'
import { makeRootTree, makeStartTree, type TreeParts } from './guest-tree.ts'
import { COMMAND_LINE } from './command-line.ts'
import { kernelPackages } from './kernel-packages.ts'
import { findModules, moduleClosure, readModuleFile, WANTED_MODULES } from './module-closure.ts'
import { unpack } from './unpack.ts'

/** Raised when the code of this folder changes what an image holds; assets count by themselves. */
const BUILDER_REVISION = 2

const BuildSchema = z.strictObject({
  kernel: z.enum(['generic', 'cloud']).default('generic'),
  /** Size of the root disk. */
  diskMiB: z.int().min(64).max(65_536).default(256),
})

/** What was built, in the folder that the caller gave: relative file names. */
export interface BuiltGuest {
  readonly disk: string
  readonly kernel: string
  readonly uefiKernel: string
  readonly initrd: string
  readonly commandLine: string
  readonly safeCommandLine: string
  readonly facts: Record<string, string | number | string[]>
}

export interface LinuxMicroInputs {
  readonly packages: readonly DebianPackage[]
  readonly build: z.output<typeof BuildSchema>
}

/** Hash of everything of ours that decides what an image holds, with the lab's choices. @throws AppError LAB_IMAGE_BUILD, fault user */
export async function linuxMicroRecipe(image: LabImage): Promise<string> {
  const folder = assetPath('lab/linux-micro/guest')
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const assets: Record<string, string> = {}
  for (const entry of entries.filter((found) => found.isFile())) {
    const path = join(entry.parentPath, entry.name)
    assets[path.slice(folder.length + 1)] = sha256(await readFile(path))
  }
  return hashJson({
    revision: BUILDER_REVISION,
    assets,
    modules: WANTED_MODULES,
    commandLine: COMMAND_LINE,
    build: parseBuild(image),
  })
}

/** Asks apt which package files the image would be made of today. @throws AppError HOST_PACKAGES */
export async function linuxMicroInputs(image: LabImage, ctx: Context): Promise<LinuxMicroInputs> {
  const build = parseBuild(image)
  const kernel = await kernelPackages(build.kernel, 'image', ctx.signal)
  const userland = await dependencyClosure(
    ['qemu-guest-agent', 'busybox-static'],
    /^(?:lib|zlib)/,
    ctx.signal,
  )
  return { packages: await resolvePackages([...new Set([...kernel, ...userland])], ctx.signal), build }
}

/**
 * Fills `folder` with disk, kernel and start-up archive. Package files are kept in `packageFolder`.
 * @throws AppError HOST_PACKAGES, HOST_KERNEL, HOST_UNPACK, HOST_IMAGE
 */
export async function buildLinuxMicro(
  inputs: LinuxMicroInputs,
  folder: string,
  packageFolder: string,
  ctx: Context,
): Promise<BuiltGuest> {
  await mkdir(packageFolder, { recursive: true })
  ctx.log.log('info', `fetching ${inputs.packages.length} packages for linux-micro ${inputs.build.kernel}`)
  await downloadPackages(inputs.packages, packageFolder, ctx.signal)
  const work = join(folder, 'work')
  try {
    const unpacked = join(work, 'packages')
    await unpackPackages(inputs.packages, packageFolder, unpacked, ctx.signal)
    const parts = await treeParts(unpacked, inputs.build.kernel, ctx)
    await makeStartTree(join(work, 'start'), parts)
    await makeRootTree(join(work, 'root'), parts)
    await packStartTree(join(work, 'start'), join(unpacked, 'bin/busybox'), join(folder, 'initrd.img'), ctx)
    await makeDisk(
      join(work, 'root'),
      join(work, 'disk.raw'),
      join(folder, 'disk.qcow2'),
      inputs.build.diskMiB,
      ctx,
    )
    await placeKernel(unpacked, parts.kernelRelease, folder, ctx)
    return {
      disk: 'disk.qcow2',
      kernel: 'vmlinuz-fast',
      uefiKernel: 'vmlinuz',
      initrd: 'initrd.img',
      commandLine: COMMAND_LINE,
      safeCommandLine: `${COMMAND_LINE} ringzero.safe=1`,
      facts: {
        kernelRelease: parts.kernelRelease,
        kernel: inputs.build.kernel,
        modules: parts.modules.length,
        packages: inputs.packages.map((entry) => entry.file),
      },
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

function parseBuild(image: LabImage): z.output<typeof BuildSchema> {
  const parsed = BuildSchema.safeParse(image.build ?? {})
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new AppError(
    'LAB_IMAGE_BUILD',
    'user',
    `image "${image.id}": build: ${issue?.message ?? 'is wrong'}`,
    {
      hint: 'linux-micro takes build: {kernel: generic | cloud, diskMiB: number}',
      where: {
        file: 'lab.yaml',
        field: `images.${image.id}.build${issue?.path.map((part) => `.${String(part)}`).join('') ?? ''}`,
      },
    },
  )
}

async function treeParts(unpacked: string, flavour: string, ctx: Context): Promise<TreeParts> {
  const base = await firstFolder([join(unpacked, 'lib/modules'), join(unpacked, 'usr/lib/modules')])
  const kernelRelease = (await readdir(base))[0] ?? ''
  const folder = join(base, kernelRelease)
  const chosen = await moduleClosure(WANTED_MODULES, await findModules(folder), async (module) => {
    const shipped = await readModuleFile(folder, module)
    return (await unpack(shipped, ctx.signal)) ?? shipped
  })
  const modules = chosen.map(({ module, data }) => ({ path: module.path.replace(/\.ko\..*$/, '.ko'), data }))
  return { userland: unpacked, modules, kernelRelease, flavour, signal: ctx.signal }
}

async function firstFolder(folders: readonly string[]): Promise<string> {
  for (const folder of folders) if ((await readdir(folder).catch(() => [])).length > 0) return folder
  throw new AppError('HOST_IMAGE', 'host', 'the kernel package holds no modules')
}

async function packStartTree(tree: string, busybox: string, archive: string, ctx: Context): Promise<void> {
  const names = (await readdir(tree, { recursive: true })).toSorted()
  const packed = await must(busybox, ['cpio', '-o', '-H', 'newc', '-R', '0:0'], {
    cwd: tree,
    input: `${['.', ...names].join('\n')}\n`,
    maximumBytes: 256 * 1024 * 1024,
    signal: ctx.signal,
  })
  await writeFile(archive, packed)
}

async function makeDisk(
  tree: string,
  raw: string,
  disk: string,
  sizeMiB: number,
  ctx: Context,
): Promise<void> {
  const handle = await open(raw, 'w')
  await handle.truncate(sizeMiB * 1024 * 1024)
  await handle.close()
  const options = ['-q', '-F', '-t', 'ext4', '-L', 'ringzero-root', '-m', '0', '-J', 'size=4']
  await must(
    'mke2fs',
    [...options, '-E', 'root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0', '-d', tree, raw],
    { signal: ctx.signal },
  )
  await must('qemu-img', ['convert', '-O', 'qcow2', raw, disk], { signal: ctx.signal })
}

async function placeKernel(unpacked: string, release: string, folder: string, ctx: Context): Promise<void> {
  const image = await readFile(join(unpacked, 'boot', `vmlinuz-${release}`))
  await writeFile(join(folder, 'vmlinuz'), image)
  const elf = await unpack(compressedPayload(image), ctx.signal)
  await writeFile(join(folder, 'vmlinuz-fast'), elf === undefined ? image : fastKernel(image, elf))
}

async function must(
  program: string,
  programArguments: readonly string[],
  options: RunOptions,
): Promise<Buffer> {
  const done = await runProgram(program, programArguments, options)
  if (done.exitCode === 0 && !done.truncated) return done.stdout
  throw new AppError(
    'HOST_IMAGE',
    'host',
    `${program} failed: ${done.startError ?? oneLine(done.stderr.toString('utf8'))}`,
    { hint: 'run "ringzero doctor" to see what this host lacks' },
  )
}
