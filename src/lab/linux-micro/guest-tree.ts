/** Puts the guest's two file trees together: the start-up archive (initrd) and the root disk. */
import { chmod, copyFile, cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { assetPath } from '../../kit/assets.ts'
import { runProgram } from '../../kit/process.ts'
import { oneLine } from '../../kit/text.ts'
import { AppError } from '../../model/errors.ts'

const GUEST = 'lab/linux-micro/guest'
const AGENT = 'usr/sbin/qemu-ga'

export interface TreeParts {
  /** Unpacked busybox and guest agent with its libraries. */
  readonly userland: string
  readonly modules: readonly { readonly path: string; readonly data: Buffer }[]
  readonly kernelRelease: string
  readonly flavour: string
  readonly signal?: AbortSignal
}

/** Fills `folder` with the start-up archive's files. @throws AppError HOST_IMAGE */
export async function makeStartTree(folder: string, parts: TreeParts): Promise<void> {
  for (const part of ['bin', 'proc', 'sys', 'dev', 'newroot'])
    await mkdir(join(folder, part), { recursive: true })
  await placeScript(`${GUEST}/initrd/init`, join(folder, 'init'))
  await placeBusybox(folder, ['bin'], parts)
  await placeModules(folder, parts)
}

/** Fills `folder` with the root disk's files. @throws AppError HOST_IMAGE */
export async function makeRootTree(folder: string, parts: TreeParts): Promise<void> {
  const empty =
    'bin dev etc/ringzero-guest/boot.d etc/ringzero-guest/services lib lib64 mnt opt proc root run sbin sys tmp'
  const variable = 'usr/bin usr/sbin var/lib/ringzero-guest/crashes var/log/ringzero-guest'
  for (const part of `${empty} ${variable}`.split(' ')) await mkdir(join(folder, part), { recursive: true })
  await placeBusybox(folder, ['bin', 'sbin'], parts)
  await placeModules(folder, parts)
  await placeAgent(folder, parts)
  await cp(assetPath(`${GUEST}/etc`), join(folder, 'etc'), { recursive: true })
  const scripts = join(folder, 'usr/lib/ringzero-guest')
  await cp(assetPath(`${GUEST}/lib`), scripts, { recursive: true })
  for (const entry of await readdir(scripts, { withFileTypes: true }))
    if (entry.isFile()) await chmod(join(scripts, entry.name), 0o755)
  await placeScript(`${GUEST}/sbin/shutdown`, join(folder, 'sbin/shutdown'))
  for (const program of ['reboot', 'poweroff']) {
    // Links to busybox until now, which a copy would write through.
    for (const part of ['bin', 'sbin']) await rm(join(folder, part, program), { force: true })
    await placeScript(`${GUEST}/sbin/end`, join(folder, 'sbin', program))
  }
  await writeFile(join(folder, 'etc/hostname'), 'micro\n')
  await writeFile(join(folder, 'var/lib/ringzero-guest/boot-count'), '0\n')
  await writeFile(join(folder, 'var/log/ringzero-guest/events.log'), '')
  await writeFile(
    join(folder, 'etc/os-release'),
    `ID=linux-micro\nNAME="linux-micro"\nPRETTY_NAME="linux-micro ${parts.flavour}"\nBUILD_ID="${parts.flavour} ${parts.kernelRelease}"\n`,
  )
}

async function placeScript(asset: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await copyFile(assetPath(asset), to)
  await chmod(to, 0o755)
}

async function placeBusybox(folder: string, linkFolders: readonly string[], parts: TreeParts): Promise<void> {
  const busybox = await firstThatExists(parts.userland, ['bin/busybox', 'usr/bin/busybox'])
  await mkdir(join(folder, 'bin'), { recursive: true })
  await copyFile(busybox, join(folder, 'bin/busybox'))
  await chmod(join(folder, 'bin/busybox'), 0o755)
  const listed = await run(busybox, ['--list'], parts)
  for (const applet of listed.split('\n').filter((name) => /^[a-z0-9[_.-]+$/.test(name)))
    for (const part of linkFolders)
      if (applet !== 'busybox')
        await symlink(part === 'bin' ? 'busybox' : '../bin/busybox', join(folder, part, applet)).catch(
          () => undefined,
        )
}

async function placeModules(folder: string, parts: TreeParts): Promise<void> {
  const base = join(folder, 'lib/modules', parts.kernelRelease)
  await mkdir(base, { recursive: true })
  for (const module of parts.modules) {
    const to = join(base, module.path)
    await mkdir(dirname(to), { recursive: true })
    await writeFile(to, module.data)
  }
  const busybox = await firstThatExists(parts.userland, ['bin/busybox', 'usr/bin/busybox'])
  await run(busybox, ['depmod', '-b', folder, parts.kernelRelease], parts)
}

/** The agent and exactly the libraries that its own loader finds for it. */
async function placeAgent(folder: string, parts: TreeParts): Promise<void> {
  const agent = join(parts.userland, AGENT)
  const loader = await firstThatExists(parts.userland, [
    'lib64/ld-linux-x86-64.so.2',
    'usr/lib64/ld-linux-x86-64.so.2',
    'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2',
    'usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2',
  ])
  const libraries = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'].map((part) =>
    join(parts.userland, part),
  )
  const listed = await run(loader, ['--library-path', libraries.join(':'), '--list', agent], parts)
  const to = join(folder, 'lib/x86_64-linux-gnu')
  await mkdir(to, { recursive: true })
  for (const [, library = ''] of listed.matchAll(/=> (\/\S+) \(0x/g)) {
    if (!library.startsWith(parts.userland)) continue
    await copyFile(library, join(to, basename(library)))
  }
  await copyFile(loader, join(folder, 'lib64/ld-linux-x86-64.so.2'))
  await copyFile(agent, join(folder, AGENT))
  for (const file of ['lib64/ld-linux-x86-64.so.2', AGENT]) await chmod(join(folder, file), 0o755)
}

async function firstThatExists(folder: string, candidates: readonly string[]): Promise<string> {
  for (const candidate of candidates) {
    const parent = await readdir(join(folder, dirname(candidate))).catch((): string[] => [])
    if (parent.includes(basename(candidate))) return join(folder, candidate)
  }
  throw new AppError('HOST_IMAGE', 'host', `the packages hold none of ${candidates.join(', ')}`)
}

async function run(program: string, programArguments: readonly string[], parts: TreeParts): Promise<string> {
  const done = await runProgram(
    program,
    programArguments,
    parts.signal === undefined ? {} : { signal: parts.signal },
  )
  if (done.exitCode !== 0)
    throw new AppError(
      'HOST_IMAGE',
      'host',
      `${basename(program)} ${programArguments[0] ?? ''} failed: ${done.startError ?? oneLine(done.stderr.toString('utf8'))}`,
    )
  return done.stdout.toString('utf8')
}
