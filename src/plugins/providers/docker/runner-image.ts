/**
 * The image that machines run in, made from this computer's Debian packages without a registry: QEMU with its accelerators
 * as modules, its firmware, swtpm, the tools for disks, an init, and the libraries that these need.
 */
import { cp, lstat, mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type Dockerode from 'dockerode'
import {
  dependencyClosure,
  downloadPackages,
  resolvePackages,
  unpackPackages,
} from '../../../kit/debian-packages.ts'
import { sha256File } from '../../../kit/hash.ts'
import { runProgram } from '../../../kit/process.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import type { Context } from '../../../sdk/context.ts'
import { engineFault } from './engine-fault.ts'

export const RUNNER_IMAGE = 'docker-runner'
const REPOSITORY = 'ringzero-runner'
/** Another recipe makes another image: images of an earlier one are not taken. */
const RECIPE = '2'
const RECIPE_LABEL = 'ringzero.runner'

const PACKAGES = [
  'qemu-system-x86',
  'qemu-utils',
  'swtpm',
  'ovmf',
  'socat',
  'tini',
  'e2fsprogs',
  'coreutils',
  'util-linux',
  'dash',
]
const PROGRAMS = [
  'qemu-system-x86_64',
  'qemu-img',
  'swtpm',
  'socat',
  'tini',
  'debugfs',
  'e2fsck',
  'cat',
  'cp',
  'head',
  'ls',
  'mkdir',
  'sleep',
  'chmod',
  'dd',
  'fallocate',
  'ln',
  'mkfifo',
  'mv',
  'rm',
  'sha256sum',
  'stat',
  'tail',
  'dash',
]
/** QEMU loads these by name; without the accelerator's module it ends with "could not load module for type". */
const MODULES = /^(accel-tcg-x86_64|hw-display-(virtio|qxl).*)\.so$/
const FIRMWARE_FOLDERS = ['usr/share/qemu', 'usr/share/seabios', 'usr/lib/ipxe/qemu', 'usr/share/OVMF']
/** Of other processors, and what only a developer reads. */
const FOREIGN_FIRMWARE =
  /^(openbios|opensbi|skiboot|slof|s390|hppa|palcode|npcm7xx|u-boot|vof|QEMU,|trace-events|.*\.dtb$)/
const TAR_TIMEOUT_MS = 120_000

/** Id of the newest image of this recipe on the engine; undefined when it has none. @throws AppError fault "host" */
export async function findRunnerImage(engine: Dockerode): Promise<string | undefined> {
  try {
    const images = await engine.listImages({ filters: { label: [`${RECIPE_LABEL}=${RECIPE}`] } })
    return images.toSorted((a, b) => b.Created - a.Created)[0]?.Id
  } catch (error) {
    throw engineFault('images could not be listed', error)
  }
}

/**
 * Builds the image and gives it to the engine; its name carries the hash of its content, which is the same for the same
 * packages. `folder` keeps downloaded packages. @returns the image's id
 * @throws AppError HOST_PACKAGES, HOST_RUNNER_IMAGE
 */
export async function buildRunnerImage(engine: Dockerode, folder: string, ctx: Context): Promise<string> {
  const archive = join(folder, `image-${process.pid}.tar`)
  try {
    await packRunnerImage(folder, archive, ctx)
    return await importRunnerImage(engine, archive)
  } finally {
    await rm(archive, { force: true })
  }
}

/** Writes the image's files as one tar archive. @throws AppError HOST_PACKAGES, HOST_RUNNER_IMAGE */
export async function packRunnerImage(folder: string, archive: string, ctx: Context): Promise<void> {
  await mkdir(folder, { recursive: true })
  const work = await mkdtemp(join(folder, 'build-'))
  try {
    ctx.log.log('info', 'building the image of the container runner from Debian packages')
    const names = await dependencyClosure(PACKAGES, /./, ctx.signal)
    const packages = await resolvePackages(names, ctx.signal)
    await downloadPackages(packages, folder, ctx.signal)
    const [unpacked, tree] = [join(work, 'unpacked'), join(work, 'tree')]
    await unpackPackages(packages, folder, unpacked, ctx.signal)
    await plantTree(unpacked, tree, ctx)
    await packTree(tree, archive, ctx)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Copies programs, modules, firmware and the libraries that the loader finds for them; nothing else of the packages. */
async function plantTree(unpacked: string, tree: string, ctx: Context): Promise<void> {
  for (const folder of [
    'usr/bin',
    'usr/sbin',
    'usr/lib64',
    'usr/lib',
    'tmp',
    'etc',
    'dev',
    'proc',
    'sys',
    'run',
  ])
    await mkdir(join(tree, folder), { recursive: true })
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${name}`, join(tree, name))
  await writeFile(join(tree, 'etc/passwd'), 'root:x:0:0:root:/tmp:/bin/sh\n')
  await writeFile(join(tree, 'etc/group'), 'root:x:0:\n')
  const files = [...(await programsOf(unpacked)), ...(await modulesOf(unpacked))]
  const libraries = new Set<string>()
  for (const file of files)
    for (const library of await librariesOf(unpacked, file, ctx)) libraries.add(library)
  for (const file of [...files, ...libraries]) await plant(unpacked, tree, file)
  await plant(unpacked, tree, 'lib64/ld-linux-x86-64.so.2')
  await symlink('dash', join(tree, 'usr/bin/sh'))
  for (const folder of FIRMWARE_FOLDERS)
    for (const name of await readdir(join(unpacked, folder)))
      if (!FOREIGN_FIRMWARE.test(name))
        await cp(join(unpacked, folder, name), join(tree, folder, name), {
          recursive: true,
          verbatimSymlinks: true,
        })
}

async function programsOf(unpacked: string): Promise<string[]> {
  const places = ['usr/bin', 'usr/sbin', 'bin', 'sbin']
  return await Promise.all(
    PROGRAMS.map(async (program) => {
      for (const place of places) {
        const path = join(place, program)
        if (
          await lstat(join(unpacked, path)).then(
            () => true,
            () => false,
          )
        )
          return path
      }
      throw imageFault(`the packages have no program ${program}`)
    }),
  )
}

async function modulesOf(unpacked: string): Promise<string[]> {
  const folder = 'usr/lib/x86_64-linux-gnu/qemu'
  return (await readdir(join(unpacked, folder)))
    .filter((name) => MODULES.test(name))
    .map((name) => join(folder, name))
}

/** Asks the packages' own loader what it would load (ld.so(8), `--list`), from the packages' own folders. */
async function librariesOf(unpacked: string, file: string, ctx: Context): Promise<string[]> {
  const path = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu/swtpm']
    .map((folder) => join(unpacked, folder))
    .join(':')
  const listed = await runProgram(
    join(unpacked, 'lib64/ld-linux-x86-64.so.2'),
    ['--library-path', path, '--list', join(unpacked, file)],
    { signal: ctx.signal, timeoutMs: TAR_TIMEOUT_MS },
  )
  const text = listed.stdout.toString('utf8')
  if (listed.exitCode !== 0 && !/statically linked/.test(text + listed.stderr.toString('utf8')))
    throw imageFault(`the libraries of ${file} cannot be found: ${oneLine(listed.stderr.toString('utf8'))}`)
  return [...text.matchAll(/=> (\S+) \(/g)].map(([, library = '']) => {
    if (!library.startsWith(`${unpacked}/`))
      throw imageFault(`${file} needs ${library}, which no package brings`)
    return library.slice(unpacked.length + 1)
  })
}

/** A file under its place in a merged /usr; a link with what it leads to. */
async function plant(unpacked: string, tree: string, file: string): Promise<void> {
  const place = join(tree, file.replace(/^(bin|sbin|lib|lib64)\//, 'usr/$1/'))
  await mkdir(dirname(place), { recursive: true })
  const source = join(unpacked, file)
  if (!(await lstat(source)).isSymbolicLink()) return await cp(source, place)
  const target = await readlink(source)
  if (basename(target) === basename(file)) return await cp(join(unpacked, target), place)
  await symlink(basename(target), place).catch(alreadyThere)
  await cp(join(dirname(source), basename(target)), join(dirname(place), basename(target)))
}

function alreadyThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

/** Equal trees give equal bytes: names are sorted, times and owners are none. */
async function packTree(tree: string, archive: string, ctx: Context): Promise<void> {
  const done = await runProgram(
    'tar',
    [
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mode=u+rwX,go+rX,go-w',
      '--format=ustar',
      '-cf',
      archive,
      '-C',
      tree,
      '.',
    ],
    { signal: ctx.signal, timeoutMs: TAR_TIMEOUT_MS },
  )
  if (done.exitCode !== 0) throw imageFault(`tar failed: ${oneLine(done.stderr.toString('utf8'))}`)
}

/** Gives a packed image to an engine. @returns its id @throws AppError HOST_CONTAINER, HOST_ENGINE */
export async function importRunnerImage(engine: Dockerode, archive: string): Promise<string> {
  const name = `${REPOSITORY}:${(await sha256File(archive)).slice(0, 16)}`
  try {
    const answer = await engine.importImage(createReadStream(archive), {
      changes: [`LABEL ${RECIPE_LABEL}=${RECIPE}`],
    })
    const id = await importedId(engine, answer)
    // Podman's compatible API passes over the name of an import.
    const [repo = REPOSITORY, tag = 'latest'] = name.split(':')
    await engine.getImage(id).tag({ repo, tag })
    return id
  } catch (error) {
    throw engineFault('the runner image could not be given to the engine', error)
  }
}

async function importedId(engine: Dockerode, answer: NodeJS.ReadableStream): Promise<string> {
  return await new Promise((resolve, reject) => {
    let id = ''
    engine.modem.followProgress(
      answer,
      (error) => {
        if (error !== null) reject(error)
        else if (id === '') reject(new Error('the engine named no image'))
        else resolve(id)
      },
      (progress: { readonly status?: string; readonly id?: string }) => {
        const found = /^(sha256:)?[0-9a-f]{64}$/.exec(progress.status ?? progress.id ?? '')
        if (found !== null) id = found[0]
      },
    )
  })
}

function imageFault(message: string): AppError {
  return new AppError('HOST_RUNNER_IMAGE', 'host', message, {
    hint: 'name an image that has QEMU by options.image of the host in lab.yaml, or build on Debian',
  })
}
