/** Folds QEMU's events into signals: what happened to the guest, seen from the host. No clock, no process, no socket. */
import type { Instant } from '../../../../kit/clock.ts'
import { oneLine } from '../../../../kit/text.ts'
import type { OsName } from '../../../../model/recipe.ts'
import type { MachineSignal } from '../../../../sdk/provider.ts'
import { AGENT_PORT_ID } from './build-arguments.ts'
import type { QmpEvent } from './qmp-client.ts'

/**
 * One restart of a guest makes 2 to 19 RESET events within 0.6 s, since the firmware resets again (measured, QEMU 7.2,
 * q35 and pc). Counted from the first of a burst, not from the last, so that a machine that restarts all the time at a
 * quick pace is never folded into silence.
 */
const RESET_BURST_MS = 2000

export class GuestLife {
  readonly #os: OsName
  #burstStart: Instant = Number.NEGATIVE_INFINITY
  #restartAsked = false
  #crashed = false
  #agentOpen = false
  #diskFaultSeen = false
  #shutdownReason: string | undefined

  constructor(os: OsName) {
    this.#os = os
  }

  get agentOpen(): boolean {
    return this.#agentOpen
  }

  /** True from the first panic of this start to the next start. */
  get crashed(): boolean {
    return this.#crashed
  }

  get restartExpected(): boolean {
    return this.#restartAsked
  }

  /** Why the guest's machine ended, by QEMU's word (`guest-shutdown`, `guest-reset`, `host-signal`); undefined: it did not say. */
  get shutdownReason(): string | undefined {
    return this.#shutdownReason
  }

  /** A new process: the firmware's first resets belong to this start. */
  begin(at: Instant): void {
    this.#burstStart = at
    this.#crashed = false
    this.#agentOpen = false
    this.#diskFaultSeen = false
    this.#restartAsked = false
    this.#shutdownReason = undefined
  }

  /** The next restart was asked for by us. */
  expectRestart(): void {
    this.#restartAsked = true
  }

  /** The port's state as a question to QEMU told it, after events may have been missed. */
  agentSeen(open: boolean, at: Instant): MachineSignal[] {
    if (open === this.#agentOpen) return []
    this.#agentOpen = open
    const state: MachineSignal = { kind: 'agent', state: open ? 'open' : 'closed', at }
    return open ? [state, { kind: 'milestone', milestone: 'agent', at }] : [state]
  }

  /** The signals that one event stands for; none for most. */
  take({ event, data, at }: QmpEvent): MachineSignal[] {
    switch (event) {
      case 'RESET':
        return this.#reset(data, at)
      case 'GUEST_PANICKED':
      case 'GUEST_CRASHLOADED':
        return this.#panic(data, at)
      case 'VSERPORT_CHANGE':
        return data['id'] === AGENT_PORT_ID ? this.agentSeen(data['open'] === true, at) : []
      case 'SHUTDOWN':
        this.#shutdownReason = typeof data['reason'] === 'string' ? data['reason'] : undefined
        return []
      case 'BLOCK_IO_ERROR':
        return this.#diskFault(data, at)
      case 'BLOCK_IMAGE_CORRUPTED':
        return this.#fault('HOST_DISK_CORRUPT', `QEMU found its disk file damaged: ${words(data['msg'])}`, at)
      default:
        return []
    }
  }

  #reset(data: Readonly<Record<string, unknown>>, at: Instant): MachineSignal[] {
    // Only a running kernel can panic, so a reset after a panic is never the firmware's own.
    if (
      at - this.#burstStart < RESET_BURST_MS &&
      !this.#crashed &&
      data['reason'] !== 'host-qmp-system-reset'
    )
      return []
    const asked = this.#restartAsked || data['reason'] === 'host-qmp-system-reset'
    this.#burstStart = at
    this.#crashed = false
    this.#restartAsked = false
    return [...this.agentSeen(false, at), { kind: 'reset', asked, at }]
  }

  #panic(data: Readonly<Record<string, unknown>>, at: Instant): MachineSignal[] {
    if (this.#crashed) return []
    this.#crashed = true
    // A restart that was asked for did not get that far: what resets now is the panic.
    this.#restartAsked = false
    const info = data['info']
    if (typeof info === 'object' && info !== null && 'arg1' in info) {
      const [code, ...parameters] = ['arg1', 'arg2', 'arg3', 'arg4', 'arg5'].map((name) =>
        hexadecimal((info as Record<string, unknown>)[name]),
      )
      return [
        {
          kind: 'crash',
          mechanism: 'bugcheck',
          ...(code === undefined ? {} : { code }),
          parameters: parameters.filter((value) => value !== undefined),
          at,
        },
      ]
    }
    return [{ kind: 'crash', mechanism: this.#os === 'windows' ? 'bugcheck' : 'panic', at }]
  }

  #diskFault(data: Readonly<Record<string, unknown>>, at: Instant): MachineSignal[] {
    const reason = words(data['reason'])
    return data['nospace'] === true
      ? this.#fault('HOST_DISK_FULL', `the host’s disk is full: the machine stopped (${reason})`, at)
      : this.#fault('HOST_DISK_ERROR', `the host could not read or write the machine’s disk: ${reason}`, at)
  }

  #fault(code: string, message: string, at: Instant): MachineSignal[] {
    if (this.#diskFaultSeen) return []
    this.#diskFaultSeen = true
    return [
      { kind: 'power', state: 'critical', cause: 'host', at },
      { kind: 'host-fault', code, message, at },
    ]
  }
}

function words(value: unknown): string {
  return typeof value === 'string' ? oneLine(value) : 'no reason given'
}

function hexadecimal(value: unknown): string | undefined {
  // Integers beyond 2^53 arrive as text (qmp-client.ts).
  const isInteger = Number.isSafeInteger(value) || (typeof value === 'string' && /^\d{1,20}$/.test(value))
  return isInteger
    ? `0x${BigInt(value as number | string)
        .toString(16)
        .padStart(8, '0')}`
    : undefined
}
