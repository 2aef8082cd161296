/** Turns what the host says about one machine, look by look, into signals. Pure: no clock, no process. */
import type { MachineSignal } from '../../../sdk/provider.ts'
import { readCrash } from './crash-event.ts'
import { PublishedStart } from './published-start.ts'

/** One machine in one look of watch.ps1. */
export interface MachineLook {
  /** Microsoft.HyperV.PowerShell.VMState, as `Running` or `OffCritical`: the names are the same in every language. */
  readonly state: string
  /** VMHeartbeatStatus, as `OkApplicationsHealthy` or `LostCommunication`. */
  readonly heartbeat: string
  /** `<VM name>/<nonce>`, which images of ours publish at each start; old ones survive restarts and copies of the disk. */
  readonly nonce: string | null
  /** What Windows says of its own setup, published before the nonce: `complete`, or what is still open. */
  readonly setup: string | null
}

/** One record of the host's Hyper-V-Worker or Hyper-V-VMMS log. */
export interface HostEvent {
  readonly record: number
  readonly id: number
  readonly at: number
  readonly codes: readonly string[]
  readonly message: string
}

/** Event ids of Microsoft-Windows-Hyper-V-Worker-Admin and -VMMS-Admin, named as Microsoft's own tester names them. */
const EVENT = {
  hostStop: 18502,
  hostShutdown: 18504,
  guestShutdown: 18508,
  hostReset: 18512,
  guestReset: 18514,
  stopForGuestReset: 18515,
  stopCritical: 18528,
  guestCrash: 18590,
  bootSuccess: 18601,
  bootSuccessUnsafe: 18602,
  workerGone: 14070,
} as const
const TRIPLE_FAULTS: ReadonlySet<number> = new Set([18539, 18540, 18550, 18560])
const BOOT_FAILURES: ReadonlyMap<number, string> = new Map([
  [18603, 'the firmware could not start an operating system'],
  [18604, 'the firmware could not start an operating system: a boot source failed Secure Boot'],
  [18605, 'the firmware found nothing to start from'],
])

type Signal = MachineSignal
type Cause = 'asked' | 'guest' | 'host'

export class MachineLife {
  #state = 'Off'
  #heartbeat: 'ok' | 'lost' | 'unknown' = 'unknown'
  readonly #published: PublishedStart
  #agentOpen = false
  #restartExpected = false
  #startAsked = false
  #offAsked = false
  #cordCut = false
  #offCause: 'guest' | 'host' | undefined
  #offLooks = 0
  #gone = false
  /** Starts in a row that ended before the guest answered. */
  failedStarts = 0
  /** When the guest began to start last; undefined while it is off. */
  startedAt: number | undefined
  /** Whether the guest answered since then. */
  answered = false
  /** Whether the guest answered in any start: its account is then a good one. */
  everAnswered = false
  /** Whether its heartbeat came since then. */
  heartbeatSeen = false
  /** Whether its firmware said since then that an operating system took over. */
  loaded = false
  /** Whether it crashed since then. */
  crashed = false

  /** `name` is the VM's: the guest knows it from its host and puts it before what it publishes. */
  constructor(name: string) {
    this.#published = new PublishedStart(name)
  }

  /** Windows says in this start that its setup has not ended: signing in is not possible yet. */
  get setupOpen(): boolean {
    return this.#published.setupOpen
  }

  expectRestart(): void {
    this.#restartExpected = true
  }

  expectStart(): void {
    this.#startAsked = true
    this.#offAsked = false
    this.#offCause = undefined
  }

  /** `power`: the cord is cut, which Windows counts as a failed start if it was not up. */
  expectOff(how: 'guest' | 'power'): void {
    this.#offAsked = true
    this.#cordCut = how === 'power'
  }

  /** It was asked to go off and refused. */
  expectNoOff(): void {
    this.#offAsked = false
    this.#cordCut = false
  }

  /** It was made from a saved machine: what goes on when it is started began long ago. */
  beginSaved(): void {
    this.#state = 'Saved'
  }

  /** The guest answered over its channel. */
  takeAnswer(at: number): readonly Signal[] {
    this.answered = true
    this.everAnswered = true
    this.failedStarts = 0
    if (this.#agentOpen) return []
    this.#agentOpen = true
    return [
      { kind: 'agent', state: 'open', at },
      { kind: 'milestone', milestone: 'agent', at },
    ]
  }

  /** `look` is undefined when the host no longer has the machine; `events` are this machine's, oldest first. */
  take(look: MachineLook | undefined, events: readonly HostEvent[], at: number): readonly Signal[] {
    const signals = events.flatMap((event) => this.#takeEvent(event))
    if (look === undefined) return [...signals, ...this.#takeAbsence(at)]
    signals.push(...this.#takeState(look.state, at))
    if (look.state === 'Running') signals.push(...this.#takeHeartbeat(look, at))
    return signals
  }

  #takeEvent(event: HostEvent): readonly Signal[] {
    const { at } = event
    const failure = BOOT_FAILURES.get(event.id)
    if (failure !== undefined) return [{ kind: 'stuck', where: 'firmware', detail: failure, at }]
    if (TRIPLE_FAULTS.has(event.id)) {
      this.crashed = true
      return [{ kind: 'crash', mechanism: 'triple-fault', text: `event ${event.id}`, at }]
    }
    switch (event.id) {
      case EVENT.guestCrash:
        // The restart that follows is the crash's, whatever was asked for.
        this.#restartExpected = false
        this.crashed = true
        return [readCrash(event)]
      case EVENT.bootSuccess:
      case EVENT.bootSuccessUnsafe:
        this.loaded = true
        return [{ kind: 'milestone', milestone: 'loader', at }]
      case EVENT.hostReset:
        return this.#restarted(true, at)
      case EVENT.guestReset:
        return this.#restarted(this.#restartExpected, at)
      case EVENT.guestShutdown:
      case EVENT.stopForGuestReset:
        this.#offCause = 'guest'
        return []
      case EVENT.hostStop:
      case EVENT.hostShutdown:
        this.#offCause = 'host'
        return []
      case EVENT.stopCritical:
      case EVENT.workerGone:
        this.#offCause = 'host'
        return [
          {
            kind: 'host-fault',
            code: event.id === EVENT.workerGone ? 'HOST_WORKER_GONE' : 'HOST_CRITICAL_STOP',
            message: `the host stopped the machine (event ${event.id})`,
            at,
          },
        ]
      default:
        return []
    }
  }

  #restarted(asked: boolean, at: number): readonly Signal[] {
    this.#restartExpected = false
    this.loaded = false
    if (!asked && !this.answered) this.failedStarts += 1
    return [...this.#beginStart(at), { kind: 'reset', asked, at }]
  }

  /** What was true of the start before is no longer. */
  #beginStart(at: number): readonly Signal[] {
    this.startedAt = at
    this.answered = false
    this.heartbeatSeen = false
    this.crashed = false
    this.#published.begin()
    return this.#closeGuest(at)
  }

  #closeGuest(at: number): readonly Signal[] {
    this.#heartbeat = 'unknown'
    if (!this.#agentOpen) return []
    this.#agentOpen = false
    return [{ kind: 'agent', state: 'closed', at }]
  }

  #takeState(state: string, at: number): readonly Signal[] {
    if (state === 'Off') return this.#takeOff(at)
    this.#offLooks = 0
    if (state === this.#state) return []
    const before = this.#state
    this.#state = state
    if (state.endsWith('Critical'))
      return [
        { kind: 'power', state: 'critical', cause: 'host', at },
        {
          kind: 'host-fault',
          code: 'HOST_MACHINE_CRITICAL',
          message: `the host says ${state}: its disk may be full or gone`,
          at,
        },
      ]
    if (state === 'Saved')
      return [{ kind: 'power', state: 'saved', cause: this.#offAsked ? 'asked' : 'host', at }]
    if (state === 'Paused') return [{ kind: 'power', state: 'paused', cause: 'host', at }]
    if (state !== 'Running') {
      // Starting, Stopping, Saving and so on pass by: the state that counts is the one before.
      this.#state = before
      return []
    }
    const cause: Cause = this.#startAsked ? 'asked' : 'host'
    this.#startAsked = false
    const began = before === 'Off' ? this.#beginStart(at) : []
    return [...began, { kind: 'power', state: 'running', cause, at }]
  }

  /** The event that says why can come a second after the state. */
  #takeOff(at: number): readonly Signal[] {
    if (this.#state === 'Off') return []
    this.#offLooks += 1
    const cause = this.#offAsked ? 'asked' : this.#offCause
    if (cause === undefined && this.#offLooks < 3) return []
    this.#state = 'Off'
    this.#offCause = undefined
    this.#offLooks = 0
    if (this.startedAt !== undefined && !this.answered && this.#cordCut) this.failedStarts += 1
    this.#cordCut = false
    this.startedAt = undefined
    this.loaded = false
    const signals: Signal[] = [
      ...this.#closeGuest(at),
      { kind: 'power', state: 'off', cause: cause ?? 'host', at },
    ]
    if (cause === undefined || cause === 'host')
      signals.push({
        kind: 'host-fault',
        code: 'HOST_POWERED_OFF',
        message: 'the machine is off and neither we nor its guest asked for it',
        at,
      })
    return signals
  }

  #takeHeartbeat(look: MachineLook, at: number): readonly Signal[] {
    const signals: Signal[] = []
    const ok = look.heartbeat.startsWith('Ok')
    const lost = look.heartbeat === 'LostCommunication' || look.heartbeat === 'NoContact'
    const heartbeat = ok ? 'ok' : lost && this.#heartbeat !== 'unknown' ? 'lost' : 'unknown'
    if (heartbeat !== this.#heartbeat && !(heartbeat === 'unknown' && this.#heartbeat === 'lost')) {
      this.#heartbeat = heartbeat
      signals.push({ kind: 'heartbeat', state: heartbeat, at })
      if (heartbeat === 'ok') signals.push({ kind: 'milestone', milestone: 'kernel', at })
    }
    this.heartbeatSeen ||= ok
    return [...signals, ...this.#published.take(look, this.answered, at)]
  }

  #takeAbsence(at: number): readonly Signal[] {
    if (this.#gone) return []
    this.#gone = true
    return [
      ...this.#closeGuest(at),
      { kind: 'power', state: 'off', cause: 'host', at },
      { kind: 'host-fault', code: 'HOST_MACHINE_GONE', message: 'the host no longer has the machine', at },
    ]
  }
}
