/** One provider and its machines for the tests of one file. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Machine, MachineSpec, Provider } from '../../../../src/sdk/provider.ts'
import { SignalWatch } from '../../../../src/sdk/testing/contract-fixture.ts'
import { contextFor, linuxMicro } from '../../../stand-ins/linux-micro.ts'
import { open } from './open-provider.ts'

export const BOOT_MS = 120_000

export class MachineLab {
  readonly root: string
  readonly provider: Provider
  readonly #machines: Machine[] = []
  #sequence = 0

  private constructor(root: string, provider: Provider) {
    this.root = root
    this.provider = provider
  }

  static async open(): Promise<MachineLab> {
    const root = await mkdtemp(join(tmpdir(), 'ringzero-lab-'))
    return new MachineLab(root, await open(join(root, 'state')))
  }

  async specify(changes: Partial<MachineSpec> = {}): Promise<MachineSpec> {
    this.#sequence += 1
    const name = `rz-lab-${process.pid}-${this.#sequence}`
    return {
      ref: {
        provider: 'qemu',
        host: 'here',
        run: `lab-${process.pid}`,
        cell: 'c0ffee',
        arm: 'control',
        attempt: this.#sequence,
        name,
        details: {},
      },
      source: changes.source ?? (await linuxMicro('cloud')),
      profile: { cpu: { count: 1 }, memoryMiB: 256 },
      folder: join(this.root, name),
      allowNetwork: false,
      ...changes,
    }
  }

  async create(changes: Partial<MachineSpec> = {}): Promise<{ machine: Machine; watch: SignalWatch }> {
    const machine = await this.provider.create(await this.specify(changes), contextFor(BOOT_MS))
    this.#machines.push(machine)
    return { machine, watch: new SignalWatch(machine) }
  }

  /** Runs a line of shell in the guest; its output, trimmed. */
  async shell(machine: Machine, script: string): Promise<string> {
    const channel = await machine.connect(contextFor(BOOT_MS))
    const { stdout, stderr } = await channel.exec(
      { program: '/bin/sh', arguments: ['-c', script] },
      contextFor(BOOT_MS),
    )
    return `${stdout.toString('utf8')}${stderr.toString('utf8')}`.trim()
  }

  async close(): Promise<void> {
    for (const machine of this.#machines) await machine.destroy(contextFor(BOOT_MS))
    await rm(this.root, { recursive: true, force: true })
  }
}
