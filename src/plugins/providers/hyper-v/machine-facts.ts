/** What a machine is made of, and what its provider lends it. */
import type { Clock } from '../../../kit/clock.ts'
import type { MachineRef } from '../../../model/machine-ref.ts'
import type { HostWatch } from './host-watch.ts'
import type { MachineRegister } from './machine-register.ts'
import type { SerialPipe } from './serial-pipe.ts'
import type { SessionPool } from './session-pool.ts'

export interface MachineHost {
  readonly pool: SessionPool
  readonly watch: HostWatch
  readonly clock: Clock
  readonly register: MachineRegister
}

export interface MachineFacts {
  readonly ref: MachineRef
  /** The VM's GUID; empty where a kill came before there was a VM. */
  readonly id: string
  readonly folder: string
  readonly serial: SerialPipe
  readonly tpm: boolean
  readonly generation: 1 | 2
  /** Only Windows has a boot store that can be told to start in safe mode. */
  readonly windows: boolean
  /** It was just made from a saved machine and was never started. */
  readonly saved?: boolean
  /** Absent where the image names none: the guest can then only be looked at from outside. */
  readonly account?: { readonly user: string; readonly password: string }
}
