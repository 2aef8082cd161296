/** Decides when a host is no longer given work, so that one bad computer cannot invalidate a run. Pure. */
import type { AttemptEnd } from '../../model/event.ts'
import type { Arm } from '../../model/phase.ts'

/** Three in a row: two can be one burst of bad luck on a busy host. */
const FAULTS_IN_A_ROW = 3
const BAD_CONTROLS_IN_A_ROW = 3

/** What says nothing of how well a host makes machines, and what would be so on every host: what a cell starts from could not be had, or its guest leaves no room to find out what it did. */
const CELL_FAULTS: ReadonlySet<string> = new Set([
  'HOST_LAYER',
  'HOST_IMAGE_DAMAGED',
  'HOST_PACKAGES',
  'HOST_TRANSFER_UNCLEAR',
  'HOST_UNSETTLED',
  // A host that is gone is not placed on; a host that came back proves itself by what it ends.
  'HOST_LOST',
])

interface Health {
  faults: number
  badControls: number
  cleanControls: number
}

export class HostHealth {
  readonly #hosts: Map<string, Health>

  constructor(hosts: readonly string[]) {
    this.#hosts = new Map(hosts.map((host) => [host, { faults: 0, badControls: 0, cleanControls: 0 }]))
  }

  /** A host that came while the run goes on; a host that is known keeps what was counted. */
  add(host: string): void {
    if (!this.#hosts.has(host)) this.#hosts.set(host, { faults: 0, badControls: 0, cleanControls: 0 })
  }

  /** Counts the end of an attempt, `fault` being the code of what ended it; returns why the host must be drained, if it must. */
  note(host: string, arm: Arm, end: AttemptEnd, clean: boolean, fault?: string): string | undefined {
    const health = this.#hosts.get(host)
    if (health === undefined || (end === 'host-fault' && CELL_FAULTS.has(fault ?? ''))) return undefined
    if (end === 'host-fault') health.faults += 1
    else if (end === 'completed') health.faults = 0
    if (arm === 'control' && end === 'completed') {
      health.badControls = clean ? 0 : health.badControls + 1
      if (clean) health.cleanControls += 1
    }
    if (health.faults >= FAULTS_IN_A_ROW)
      return `its last ${health.faults} attempts ended by the host's fault`
    if (health.badControls >= BAD_CONTROLS_IN_A_ROW && health.cleanControls === 0)
      return `none of its ${health.badControls} controls came through: a machine without the candidate must run here before the candidate can be judged here`
    return undefined
  }
}
