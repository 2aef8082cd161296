/** A real Linux guest in a real QEMU, as a run gets it: built image, fresh overlay, link to its agent. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/kit/clock.ts'
import type { MachineProfile } from '../../src/model/machine-profile.ts'
import { linuxGuestOs } from '../../src/plugins/guests/linux/linux-guest-os.ts'
import { qemuProviderFactory } from '../../src/plugins/providers/qemu/provider.ts'
import type { Channel } from '../../src/sdk/channel.ts'
import type { Machine } from '../../src/sdk/provider.ts'
import { linuxMicro } from './linux-micro.ts'
import { testContext } from './local-guest.ts'

export const PROFILE: MachineProfile = {
  cpu: { count: 1 },
  memoryMiB: 256,
  disk: { bus: 'virtio' },
  firmware: 'bios',
}

export interface LinuxMachine {
  readonly machine: Machine
  /** Waits until the guest says that its start has ended. */
  connect(): Promise<Channel>
  close(): Promise<void>
}

/** Starts a machine; `close` destroys it and whatever it left. */
export async function startLinuxMachine(): Promise<LinuxMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'ringzero-vm-'))
  const ctx = () => testContext(300)
  const source = await linuxMicro('generic')
  const provider = await qemuProviderFactory.open({
    name: 'local',
    options: {},
    stateFolder: join(folder, 'state'),
    secret: (name) => name,
  })
  const name = `rz-test-${process.pid}-${systemClock.now()}`
  const machine = await provider.create(
    {
      ref: {
        provider: 'qemu',
        host: 'local',
        run: 'test',
        cell: 'test',
        arm: 'candidate',
        attempt: 1,
        name,
        details: {},
      },
      source,
      profile: PROFILE,
      folder: join(folder, 'machine'),
      allowNetwork: false,
    },
    ctx(),
  )
  await machine.start(ctx())
  return {
    machine,
    async connect() {
      const guest = await machine.connect(ctx())
      while (!(await linuxGuestOs.boot(guest, ctx())).finished) await systemClock.sleep(200)
      return guest
    },
    async close() {
      await machine.destroy(ctx())
      await rm(folder, { recursive: true, force: true })
    },
  }
}
