/** Decides when a host is no longer given work, so that one bad computer cannot invalidate a run. Pure. */
import type { AttemptEnd } from '../../model/event.ts'
import type { Arm } from '../../model/phase.ts'
import { MAXIMUM_RETRIES } from './attempts.ts'

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

export interface AttemptOutcome {
  readonly host: string
  readonly cell: string
  readonly arm: Arm
  readonly end: AttemptEnd
  readonly clean: boolean
  /** Code of what ended it. */
  readonly fault?: string | undefined
  /** No other host that is in use can take this cell. */
  readonly isOnlyHost: boolean
}

interface Health {
  faults: number
  /** Cell → how often each of its arms ended by the host's fault, since an attempt came through. */
  readonly failed: Map<string, Map<Arm, number>>
  badControls: number
  cleanControls: number
}

export class HostHealth {
  readonly #hosts: Map<string, Health>

  constructor(hosts: readonly string[]) {
    this.#hosts = new Map(hosts.map((host) => [host, healthy()]))
  }

  /** A host that came while the run goes on; a host that is known keeps what was counted. */
  add(host: string): void {
    if (!this.#hosts.has(host)) this.#hosts.set(host, healthy())
  }

  /** What was counted of a host says nothing any more: somebody has seen to it. */
  reset(host: string): void {
    this.#hosts.set(host, healthy())
  }

  /** Counts the end of an attempt; returns why the host must be drained, if it must. */
  note({ host, cell, arm, end, clean, fault, isOnlyHost }: AttemptOutcome): string | undefined {
    const health = this.#hosts.get(host)
    if (health === undefined || (end === 'host-fault' && CELL_FAULTS.has(fault ?? ''))) return undefined
    if (end === 'host-fault') countFault(health, cell, arm)
    else if (end === 'completed') {
      health.faults = 0
      health.failed.clear()
    }
    if (arm === 'control' && end === 'completed') {
      health.badControls = clean ? 0 : health.badControls + 1
      if (clean) health.cleanControls += 1
    }
    if (health.faults >= FAULTS_IN_A_ROW && (!isOnlyHost || isBeyondOneCell(health)))
      return `its last ${health.faults} attempts ended by the host's fault`
    if (health.badControls >= BAD_CONTROLS_IN_A_ROW && health.cleanControls === 0)
      return `none of its ${health.badControls} controls came through: a machine without the candidate must run here before the candidate can be judged here`
    return undefined
  }
}

function healthy(): Health {
  return { faults: 0, failed: new Map(), badControls: 0, cleanControls: 0 }
}

function countFault(health: Health, cell: string, arm: Arm): void {
  health.faults += 1
  const arms = health.failed.get(cell) ?? new Map<Arm, number>()
  health.failed.set(cell, arms.set(arm, (arms.get(arm) ?? 0) + 1))
}

/**
 * What is drained for good ends the run where no other host can go on, so scattered faults are not enough: machines were tried as
 * often as they may be, and those of one cell may be to blame themselves.
 */
function isBeyondOneCell({ failed }: Health): boolean {
  const givenUp = [...failed.values()].filter((arms) => Math.max(...arms.values()) > MAXIMUM_RETRIES)
  return givenUp.length > 1
}
