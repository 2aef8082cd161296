/** What this host can do as a QEMU host, and the Debian packages that fix what is missing. */
import { cpus, loadavg, totalmem } from 'node:os'
import { runProgram } from '../../../kit/process.ts'
import type { Context } from '../../../sdk/context.ts'
import type { HostFacts, HostFinding } from '../../../sdk/provider.ts'
import { acceleratorFinding, type AcceleratorChoice } from '../shared/qemu/accelerator.ts'
import type { QemuHost } from '../shared/qemu/qemu-host.ts'
import { qemuVersion } from '../shared/qemu/qemu-facts.ts'

interface Part {
  readonly id: string
  readonly present: boolean
  readonly packages: readonly string[]
  readonly required: boolean
  readonly purpose: string
}

/** Looks, never changes the host (a short KVM trial start aside). */
export async function inspectQemuHost(
  host: QemuHost,
  choose: () => Promise<AcceleratorChoice>,
  ctx: Context,
): Promise<HostFacts> {
  const version = await qemuVersion(host, ctx)
  const choice = version === undefined ? undefined : await choose()
  const parts = await lookForParts(host, version, ctx)
  return {
    facts: {
      qemu: version ?? null,
      accelerator: choice?.accelerator ?? null,
      acceleratorBecause: choice?.because ?? null,
      acceleratorWords: choice?.words ?? null,
      processors: cpus().length,
      processorModel: cpus()[0]?.model ?? null,
      memoryMiB: Math.floor(totalmem() / 1024 ** 2),
      load: loadavg()[0] ?? 0,
      parts: Object.fromEntries(parts.map(({ id, present }) => [id, present])),
    },
    findings: [...parts.map(findingOf), ...(choice === undefined ? [] : [acceleratorFinding(choice)])],
  }
}

async function lookForParts(host: QemuHost, version: string | undefined, ctx: Context): Promise<Part[]> {
  const runs = async (name: string, option: string): Promise<boolean> =>
    (await runProgram(name, [option], { signal: ctx.signal, timeoutMs: 10_000 })).startError === undefined
  return [
    {
      id: 'qemu-system',
      present: version !== undefined,
      packages: ['qemu-system-x86'],
      required: true,
      purpose: `the machines themselves (${host.program})`,
    },
    {
      id: 'qemu-img',
      present: await runs('qemu-img', '--version'),
      packages: ['qemu-utils'],
      required: true,
      purpose: 'the machines’ disks',
    },
    {
      id: 'e2fsprogs',
      present: (await runs('debugfs', '-V')) && (await runs('e2fsck', '-V')),
      packages: ['e2fsprogs'],
      required: true,
      purpose: 'reading the disk of a dead Linux machine',
    },
    {
      id: 'ovmf',
      present:
        (await host.findFirmware('uefi')) !== undefined &&
        (await host.findFirmware('uefi-secure-boot')) !== undefined,
      packages: ['ovmf'],
      required: false,
      purpose: 'profiles with UEFI and secure boot',
    },
    {
      id: 'swtpm',
      present: await runs('swtpm', '--version'),
      packages: ['swtpm'],
      required: false,
      purpose: 'profiles with a TPM',
    },
  ]
}

function findingOf({ id, present, packages, required, purpose }: Part): HostFinding {
  return present
    ? { id, state: 'ok', required, message: `${id} is here: ${purpose}` }
    : { id, state: 'missing', required, packages, message: `${id} is missing, needed for ${purpose}` }
}
