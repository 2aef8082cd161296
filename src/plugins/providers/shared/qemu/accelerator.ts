/** Finds out whether KVM really runs a machine here. /dev/kvm being there proves nothing: on nested hosts QEMU may abort or hang. */
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../../../../kit/files.ts'
import { oneLine } from '../../../../kit/text.ts'
import type { Context } from '../../../../sdk/context.ts'
import type { HostFinding } from '../../../../sdk/provider.ts'
import type { Accelerator } from './build-arguments.ts'
import type { QemuHost } from './qemu-host.ts'

export interface AcceleratorChoice {
  readonly accelerator: Accelerator
  /** One sentence, for doctor and reports. */
  readonly because: string
  /** What QEMU said when it ended under KVM, for who looks into it. */
  readonly words?: string | undefined
}

const PROBE_MS = 5000
/** SeaBIOS writes its own log to this port (docs/debug of SeaBIOS): the first words of code that ran inside the machine. */
const PROBE_ARGUMENTS = [
  '-no-user-config',
  '-nodefaults',
  '-display',
  'none',
  '-machine',
  'q35,accel=kvm',
  '-cpu',
  'max',
  '-m',
  '64M',
  '-chardev',
  'stdio,id=firmware,signal=off',
  '-device',
  'isa-debugcon,iobase=0x402,chardev=firmware',
]
/** It says this once it has run through its hardware and looks for something to boot. */
const PROBE_REACHED = /Booting from|No bootable device/

const CacheSchema = z.object({
  key: z.string(),
  accelerator: z.enum(['kvm', 'tcg']),
  because: z.string(),
  words: z.string().optional(),
})

/** Probes once per start of the host and QEMU program; the answer is kept in the state folder. */
export async function chooseAccelerator(
  asked: 'auto' | Accelerator,
  host: QemuHost,
  stateFolder: string,
  ctx: Context,
): Promise<AcceleratorChoice> {
  if (asked !== 'auto') return { accelerator: asked, because: `lab.yaml asks for ${asked}` }
  const because = await host.refuseKvm()
  if (because !== undefined) return { accelerator: 'tcg', because }
  const cache = join(stateFolder, 'kvm-probe.json')
  const key = await host.kvmKey()
  const known = await readCache(cache)
  if (known?.key === key) return known
  const choice = await probe(host, ctx)
  await mkdir(dirname(cache), { recursive: true })
  await writeFileAtomic(cache, JSON.stringify({ key, ...choice }))
  return choice
}

async function readCache(path: string): Promise<z.output<typeof CacheSchema> | undefined> {
  try {
    return CacheSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data
  } catch {
    return undefined
  }
}

async function probe(host: QemuHost, ctx: Context): Promise<AcceleratorChoice> {
  let reached: () => void = () => undefined
  const booted = new Promise<'booted'>((resolve) => (reached = () => resolve('booted')))
  let output = ''
  const machine = await host.tryQemu(PROBE_ARGUMENTS, {
    accelerator: 'kvm',
    onOutput: (piece) => {
      output = (output + piece.toString('latin1')).slice(-65_536)
      if (PROBE_REACHED.test(output)) reached()
    },
  })
  const patience = new AbortController()
  try {
    const outcome = await Promise.race([
      booted,
      machine.exited,
      ctx.clock.sleep(PROBE_MS, AbortSignal.any([ctx.signal, patience.signal])).then(() => 'silent' as const),
    ])
    if (outcome === 'booted') return { accelerator: 'kvm', because: 'a machine under KVM ran its firmware' }
    if (outcome === 'silent')
      return { accelerator: 'tcg', because: `a machine under KVM did nothing for ${PROBE_MS / 1000} s` }
    return {
      accelerator: 'tcg',
      because: kvmRefusal(outcome.stderr),
      words: oneLine(outcome.stderr, 300),
    }
  } finally {
    patience.abort()
    machine.kill('SIGKILL')
    await machine.exited
  }
}

/** What doctor says of the choice. */
export function acceleratorFinding({ accelerator, because }: AcceleratorChoice): HostFinding {
  return accelerator === 'kvm'
    ? { id: 'acceleration', state: 'ok', required: false, message: `machines run under KVM: ${because}` }
    : {
        id: 'acceleration',
        state: 'degraded',
        required: false,
        message: `machines are emulated (TCG), many times slower than KVM: ${because}`,
      }
}

/** Why KVM that is there runs no machine, in words; QEMU often ends in an assertion that tells its developers only. */
export function kvmRefusal(stderr: string): string {
  const register = /failed to [gs]et MSR (0x[0-9a-f]+)/i.exec(stderr)?.[1]
  if (register !== undefined)
    return `KVM is here, but it refuses a register of the processor (${register}), as hosts that are virtual machines themselves often do`
  if (/could not access KVM|permission denied/i.test(stderr)) return 'KVM is here, but QEMU may not open it'
  if (/assert/i.test(stderr))
    return 'KVM is here, but QEMU ends with an internal error when it starts a machine'
  const [first = ''] = stderr.trim().split('\n')
  return `KVM is here, but QEMU ends when it starts a machine: ${first === '' ? 'it gives no reason' : oneLine(first, 120)}`
}
