/** What building the small guest and its kernel modules needs of this computer, for doctor. */
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { runProgram } from '../../kit/process.ts'
import type { Context } from '../../sdk/context.ts'
import type { HostFacts, HostFinding } from '../../sdk/provider.ts'

interface Tool {
  readonly program: string
  readonly packages: readonly string[]
  readonly purpose: string
}

const TOOLS: readonly Tool[] = [
  { program: 'dpkg', packages: ['dpkg'], purpose: 'unpacks the guest’s packages' },
  { program: 'xz', packages: ['xz-utils'], purpose: 'unpacks kernels' },
  { program: 'mke2fs', packages: ['e2fsprogs'], purpose: 'makes the guest’s disk' },
  { program: 'qemu-img', packages: ['qemu-utils'], purpose: 'makes the guest’s disk' },
  // objtool of the kernel's build tree is linked against libelf.
  {
    program: 'gcc',
    packages: ['gcc', 'libc6-dev', 'libelf1'],
    purpose: 'compiles kernel modules of products',
  },
  { program: 'make', packages: ['make'], purpose: 'compiles kernel modules of products' },
]

/** Looks, changes nothing. On a system without apt everything is missing at once: the guest is made of Debian's packages. */
export async function inspectLinuxMicroTools(ctx: Context): Promise<HostFacts> {
  const tools = await Promise.all(TOOLS.map(inspectTool))
  return { facts: {}, findings: [await inspectPackageLists(ctx), ...tools] }
}

async function inspectTool({ program, packages, purpose }: Tool): Promise<HostFinding> {
  const found = await isOnPath(program)
  return {
    id: `linux-micro-${program}`,
    state: found ? 'ok' : 'missing',
    message: `${program} ${found ? '' : 'is missing: it '}${purpose}`,
    packages,
    required: true,
  }
}

/** A new machine has no package lists until `apt-get update` ran once. */
async function inspectPackageLists(ctx: Context): Promise<HostFinding> {
  const shown = await runProgram('apt-cache', ['show', '--no-all-versions', 'linux-image-amd64'], {
    signal: ctx.signal,
    timeoutMs: 30_000,
  })
  const found = shown.exitCode === 0 && shown.stdout.length > 0
  return {
    id: 'linux-micro-package-lists',
    state: found ? 'ok' : 'missing',
    message: found
      ? 'apt knows the guest’s packages'
      : 'apt does not know the guest’s packages (no lists yet, or not Debian)',
    mend:
      process.getuid?.() === 0 ? [['apt-get', 'update', '-q']] : [['sudo', '-n', 'apt-get', 'update', '-q']],
    required: true,
  }
}

/** mke2fs and others live where an ordinary user's PATH does not look. */
async function isOnPath(program: string): Promise<boolean> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, program)).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.includes(true)
}
