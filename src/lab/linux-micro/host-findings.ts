/** What building linux-micro needs of this computer, for doctor. */
import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { searchPath } from '../../kit/search-path.ts'
import type { Context } from '../../sdk/context.ts'
import type { HostFinding } from '../../sdk/provider.ts'
import { packageKnown } from '../../kit/debian-packages.ts'

interface Tool {
  readonly program: string
  readonly packages: readonly string[]
  readonly purpose: string
}

/** Programs that the builder calls (libelf: what a kernel's build tree brings is linked against it); the Debian and Ubuntu packages that bring them. */
const TOOLS: readonly Tool[] = [
  { program: 'dpkg', packages: ['dpkg'], purpose: 'unpacks packages' },
  { program: 'xz', packages: ['xz-utils'], purpose: 'unpacks kernels and modules' },
  { program: 'lz4', packages: ['lz4'], purpose: 'unpacks kernels for clouds' },
  { program: 'mke2fs', packages: ['e2fsprogs'], purpose: "makes the guest's disk" },
  { program: 'debugfs', packages: ['e2fsprogs'], purpose: 'reads the disk of a guest that no longer starts' },
  { program: 'qemu-img', packages: ['qemu-utils'], purpose: 'makes disks' },
  { program: 'gcc', packages: ['gcc', 'libelf1'], purpose: 'builds the kernel modules of products' },
  { program: 'make', packages: ['make'], purpose: 'builds the kernel modules of products' },
  { program: 'ld', packages: ['binutils'], purpose: 'builds the kernel modules of products' },
]

/** One finding for each tool and one for apt's lists. Looks, changes nothing. */
export async function linuxMicroFindings(ctx: Context): Promise<readonly HostFinding[]> {
  if (!(await onPath('apt-get')))
    return [
      {
        id: 'linux-micro:apt',
        state: 'missing',
        message:
          'linux-micro images are built from Debian or Ubuntu packages, and this computer has no apt-get',
        required: false,
      },
    ]
  const tools = await Promise.all(TOOLS.map(toolFinding))
  const known =
    (await packageKnown('qemu-guest-agent', ctx.signal)) && (await packageKnown('busybox-static', ctx.signal))
  return [
    {
      id: 'linux-micro:lists',
      state: known ? 'ok' : 'missing',
      message: known
        ? "apt knows the guest's packages"
        : "apt does not know the guest's packages: its lists are empty or old",
      required: false,
      ...(known ? {} : { fix: [['apt-get', 'update']] }),
    },
    ...tools,
  ]
}

async function toolFinding(tool: Tool): Promise<HostFinding> {
  const found = await onPath(tool.program)
  const about = `${tool.program} (${tool.purpose})`
  return {
    id: `linux-micro:${tool.program}`,
    state: found ? 'ok' : 'missing',
    message: found ? `${about} is there` : `${about} is missing`,
    required: false,
    ...(found ? {} : { packages: tool.packages }),
  }
}

async function onPath(program: string): Promise<boolean> {
  for (const folder of searchPath()) {
    try {
      await access(join(folder, program), constants.X_OK)
      return true
    } catch {
      continue
    }
  }
  return false
}
