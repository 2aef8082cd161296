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
  /** For doctor and reports. */
  readonly because: string
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

const CacheSchema = z.object({ key: z.string(), accelerator: z.enum(['kvm', 'tcg']), because: z.string() })

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
  const machine = await host.ask(PROBE_ARGUMENTS, {
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
    return { accelerator: 'tcg', because: `QEMU ended under KVM: ${oneLine(outcome.stderr, 300)}` }
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
