/** QEMU as processes of this computer. */
import { access, readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { runProgram, startProgram } from '../../../kit/process.ts'
import type { Context } from '../../../sdk/context.ts'
import { findFirmware } from '../shared/qemu/firmware.ts'
import { localBootId, refuseLocalKvm } from '../shared/qemu/local-kvm.ts'
import { localFiles } from '../shared/qemu/machine-files.ts'
import type { FoundMachine, QemuHost } from '../shared/qemu/qemu-host.ts'
import {
  findMarkedProcesses,
  killMarkedProcess,
  processGone,
  type MarkedProcess,
} from '../shared/qemu/process-mark.ts'
import { findQemu, startQemu } from './qemu-process.ts'

const END_MS = 10_000

/** `program`: name or path of qemu-system-x86_64. */
export function processHost(program: string): QemuHost {
  return {
    provider: 'qemu',
    program,
    toolsOf:
      ({ folder }) =>
      async (tool, toolArguments, options) =>
        await runProgram(tool, toolArguments, { ...options, cwd: folder }),
    runBare: runProgram,
    filesOf: ({ folder }) => localFiles(folder),
    askQemu: async (qemuArguments, _, options) => await runProgram(program, qemuArguments, options),
    tryQemu: async (qemuArguments, { onOutput }) => await startProgram(program, qemuArguments, { onOutput }),
    start: async (qemuArguments, { folder, ref, profile }, _, ctx) =>
      await startQemu(program, qemuArguments, folder, ref, profile.tpm === '2.0', ctx),
    findMachines,
    release: async () => await Promise.resolve(),
    findFirmware: async (firmware) => await findFirmware(firmware, readable),
    refuseKvm: refuseLocalKvm,
    kvmKey: async () => `${program} ${await localBootId()}`,
    memoryMiB: async () => await Promise.resolve(Math.floor(totalmem() / 1024 ** 2)),
  }
}

async function readable(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

/** A machine's processes are found by the mark in their environment. */
async function findMachines(ctx: Pick<Context, 'clock'>): Promise<FoundMachine[]> {
  const machines = new Map<string, MarkedProcess[]>()
  for (const marked of await findMarkedProcesses()) {
    const key = `${marked.ref.run}\0${marked.ref.name}`
    machines.set(key, [...(machines.get(key) ?? []), marked])
  }
  return await Promise.all([...machines.values()].map((marked) => foundMachine(marked, ctx)))
}

async function foundMachine(
  marked: readonly MarkedProcess[],
  { clock }: Pick<Context, 'clock'>,
): Promise<FoundMachine> {
  const main = await findMain(marked)
  const [first] = marked
  if (first === undefined) throw new Error('a machine without processes')
  const { pid, startTime, ref } = main ?? first
  return {
    ref,
    details: { pid, startTime },
    ...(main === undefined
      ? {}
      : {
          process: findQemu(
            main,
            marked.filter((found) => found !== main),
            { clock },
          ),
        }),
    async end(ctx) {
      for (const each of marked) await killMarkedProcess(each)
      for (const each of marked) await processGone(each, ctx, ctx.clock.now() + END_MS)
    },
  }
}

/** QEMU itself among a machine's processes: the process that is not the TPM. */
async function findMain(marked: readonly MarkedProcess[]): Promise<MarkedProcess | undefined> {
  for (const found of marked) {
    const name = await readFile(`/proc/${found.pid}/comm`, 'utf8').catch(() => '')
    if (name.startsWith('qemu')) return found
  }
  return undefined
}
