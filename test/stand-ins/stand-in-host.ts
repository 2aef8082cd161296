/** A Hyper-V host of its own in a temporary folder: the provider's scripts in the real engine, machines that are not started. */
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { runProgram } from '../../src/kit/process.ts'
import type { MachineProfile } from '../../src/model/machine-profile.ts'
import { parseHyperVOptions } from '../../src/plugins/providers/hyper-v/hyper-v-options.ts'
import { runHostScript, type HostScript } from '../../src/plugins/providers/hyper-v/host-scripts.ts'
import { createParameters, machineNotes } from '../../src/plugins/providers/hyper-v/machine-plan.ts'
import { SessionPool } from '../../src/plugins/providers/hyper-v/session-pool.ts'
import { powerShellHost, standInModules } from './powershell-host/powershell-host.ts'
import { testContext } from './local-guest.ts'

type Answer = Readonly<Record<string, unknown>>

export interface StandInHost {
  readonly folder: string
  /** A machine of this profile, off; its parameters are those of every further script. */
  create(profile: Partial<MachineProfile>): Promise<{ readonly id: string; readonly parameters: Answer }>
  script(name: HostScript, parameters: Answer): Promise<unknown>
  /** Cmdlets that changed something since the last question, each with its parameters. */
  calls(): Promise<readonly string[]>
  /** What the stand-in knows of a machine. */
  machine(
    id: string,
  ): Promise<Readonly<Record<string, unknown>> & { readonly Settings: Readonly<Record<string, string>> }>
  /** Puts a file beside a machine: runtime.json makes it run, exchange.json is what its guest publishes. */
  put(id: string, file: string, value: unknown): Promise<void>
  readonly machines: () => Promise<readonly string[]>
  /** What the host is like from now on, or no longer: files of the stand-in's store. */
  wish(name: string, held?: boolean): Promise<void>
  close(): Promise<void>
}

export async function standInHost(): Promise<StandInHost> {
  const folder = await mkdtemp(join(tmpdir(), 'rz-host-'))
  const store = join(folder, 'stand-in')
  await mkdir(store)
  const variables: Readonly<Record<string, string>> = {
    POWERSHELL_HOST_STORE: store,
    PSModulePath: standInModules,
    POWERSHELL_HOST_MODULES: ['Hyper-V', 'WindowsHost']
      .map((name) => join(standInModules, name))
      .join(delimiter),
  }
  const before = { ...process.env }
  Object.assign(process.env, variables)
  const parent = await makeParent(folder)
  const pool = new SessionPool({ executable: await powerShellHost() }, 2)
  const script: StandInHost['script'] = (name, parameters) =>
    runHostScript(pool, name, parameters, testContext(120))
  let count = 0
  return {
    folder,
    script,
    async create(profile) {
      count += 1
      const own = join(folder, `machine-${count}`)
      await mkdir(own)
      const name = `rz-test-${count}`
      const ref = {
        provider: 'hyper-v',
        host: 'h',
        run: 'r',
        cell: 'c',
        arm: 'control',
        attempt: 1,
        name,
        details: {},
      } as const
      const whole = { memoryMiB: 2048, ...profile, cpu: { count: 1, ...profile.cpu } }
      const source = { sha256: 'x', os: 'windows', disk: parent, diskFormat: 'vhdx' } as const
      const spec = { ref, source, profile: whole, folder: own, allowNetwork: false }
      const parameters = createParameters(spec, parseHyperVOptions('h', {}))
      const { id } = (await script('create', parameters)) as { readonly id: string }
      return {
        id,
        parameters: { ...parameters, id, notes: machineNotes(ref, own), mountFolder: join(own, 'mounted') },
      }
    },
    async calls() {
      const file = join(store, 'calls.txt')
      const text = await readFile(file, 'utf8').catch(() => '')
      await rm(file, { force: true })
      return text.split('\n').filter((line) => line !== '')
    },
    machine: async (id) =>
      JSON.parse(await readFile(join(store, 'machines', id, 'machine.json'), 'utf8')) as never,
    put: (id, file, value) => writeFile(join(store, 'machines', id, file), JSON.stringify(value)),
    machines: () => readdir(join(store, 'machines')).catch(() => []),
    wish: async (name, held = true) =>
      held ? await writeFile(join(store, name), '') : await rm(join(store, name), { force: true }),
    async close() {
      pool.close()
      // Other test files may run in this process.
      for (const name of Object.keys(variables)) {
        if (before[name] === undefined) delete process.env[name]
        else process.env[name] = before[name]
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The stand-in's own form of a disk where there is no QEMU (disk-file.cs). */
const DISK = 'disk of the stand-in'

/** A disk whose parent is gone. */
export async function loseParent(disk: string): Promise<void> {
  if (process.platform === 'win32') return await writeFile(disk, `${DISK}\n${disk}.none`)
  const words = ['rebase', '-u', '-f', 'qcow2', '-F', 'qcow2', '-b', '/none.vhdx', disk]
  const done = await runProgram('qemu-img', words)
  if (done.exitCode !== 0) throw new Error(done.stderr.toString())
}

/** An image with a file system that was not closed: its log has to be replayed before it can be read. */
async function makeParent(folder: string): Promise<string> {
  const [content, raw, parent] = [join(folder, 'content'), join(folder, 'raw'), join(folder, 'parent.vhdx')]
  if (process.platform === 'win32') {
    await writeFile(parent, DISK)
    return parent
  }
  for (const file of ['Windows/MEMORY.DMP', 'Windows/config/SYSTEM', 'EFI/Microsoft/Boot/BCD']) {
    await mkdir(dirname(join(content, file)), { recursive: true })
    await writeFile(join(content, file), `content of ${file}`)
  }
  for (const [program, words] of [
    ['mke2fs', ['-q', '-t', 'ext4', '-d', content, raw, '64M']],
    ['debugfs', ['-w', '-R', 'feature needs_recovery', raw]],
    ['qemu-img', ['convert', '-O', 'qcow2', raw, parent]],
  ] as const) {
    const made = await runProgram(program, words)
    if (made.exitCode !== 0) throw new Error(`${program}: ${made.stderr.toString()}`)
  }
  await rm(raw)
  return parent
}
