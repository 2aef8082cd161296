/**
 * Watches one machine from the host for its whole life. Every phase runs under `guard`, which ends at once when the host shows a crash,
 * a restart that was not asked for, a power-off or a host fault. A crash is written down the moment it is seen, whatever happens later.
 */
import type { Clock, Instant } from '../../kit/clock.ts'
import { DeadlineScope, untilStopped } from '../../kit/deadline.ts'
import { oneLine } from '../../kit/text.ts'
import type { Fact } from '../../model/observation.ts'
import { whenAborted } from '../../kit/when-aborted.ts'
import { laterMilestone, type Milestone } from '../../model/phase.ts'
import { ChannelLost } from '../../sdk/channel.ts'
import type { Context } from '../../sdk/context.ts'
import type { Machine, MachineSignal } from '../../sdk/provider.ts'
import type { CrashReporter } from './crash-reporter.ts'
import { MachineTrouble } from './machine-trouble.ts'

/** A lost link races with the crash that caused it; the crash is preferred (syzkaller waits 10 s for more output). */
const LOST_LINK_GRACE_MS = 5000
const EXPLANATION_MS = 500

export interface WatchOptions {
  readonly machine: Machine
  readonly clock: Clock
  readonly crashes: CrashReporter
  readonly observe: (fact: Fact) => Promise<void>
}

export interface MachineStart {
  /** 1 for the first start of the attempt. */
  readonly ordinal: number
  readonly at: Instant
  milestone: Milestone
  crashed: boolean
  /** The host's heartbeat of the guest is green. */
  heartbeat: boolean
}

export interface Guard {
  run<T>(what: string, deadline: Instant, work: (ctx: Context) => Promise<T>): Promise<T>
  close(): void
}

export class MachineWatch {
  readonly #options: WatchOptions
  /** The start that is going on now. */
  start: MachineStart = { ordinal: 0, at: 0, milestone: 'power', crashed: false, heartbeat: false }
  readonly #starts: MachineStart[] = [this.start]
  #trouble: MachineTrouble | undefined
  readonly #waiters = new Set<() => void>()
  #offExpected = false
  #restartAsked = false
  #pending: Promise<void> = Promise.resolve()

  constructor(options: WatchOptions) {
    this.#options = options
    void this.#listen()
  }

  /** Call before the machine is started or reset by us. */
  beginStart(): void {
    this.#trouble = undefined
    this.#offExpected = false
    this.#restartAsked = false
    this.#nextStart(this.#options.clock.now())
  }

  /** Call before we switch it off or ask the guest to: the power-off is then no symptom. */
  expectOff(): void {
    this.#offExpected = true
  }

  /** Call before the guest is asked to restart: a power-off in its place is then told as that. */
  expectRestart(): void {
    this.#restartAsked = true
  }

  /** How far that start got. */
  milestoneOf(ordinal: number): Milestone {
    return this.#starts[ordinal]?.milestone ?? 'power'
  }

  /** Forgets a trouble that is dealt with now: what comes after it is new. */
  acknowledge(): void {
    if (this.#trouble?.kind !== 'host-fault') this.#trouble = undefined
  }

  get trouble(): MachineTrouble | undefined {
    return this.#trouble
  }

  reached(milestone: Milestone, ordinal = this.start.ordinal): void {
    const start = this.#starts[ordinal]
    if (start !== undefined) start.milestone = laterMilestone(start.milestone, milestone)
  }

  /** Resolves when all that was seen so far is in the journal. */
  flush(): Promise<void> {
    return this.#pending
  }

  /**
   * Runs work that needs the machine up. @throws MachineTrouble as soon as the host shows trouble, also when the link broke and
   * nothing else explains it (agent-lost); otherwise what the work throws, DeadlineError included
   */
  async guard<T>(ctx: Context, work: (ctx: Context) => Promise<T>): Promise<T> {
    if (this.#trouble !== undefined) throw this.#trouble
    try {
      return await untilStopped(
        ctx.signal,
        (signal) => work({ ...ctx, signal }),
        (stop) => this.#stopAtTrouble(stop),
      )
    } catch (error) {
      throw await this.#explain(error, ctx)
    }
  }

  /** As `guard`, for one piece of work after the other, each with a deadline of its own. To be closed. */
  guardEach(ctx: Context): Guard {
    const scope = new DeadlineScope(ctx.clock, ctx.signal)
    const forget = this.#stopAtTrouble((trouble) => scope.stop(trouble))
    return {
      run: async (what, deadline, work) => {
        if (this.#trouble !== undefined) throw this.#trouble
        try {
          return await scope.run(what, deadline, (signal) => work({ ...ctx, signal, deadline }))
        } catch (error) {
          throw await this.#explain(error, ctx)
        }
      },
      close() {
        forget()
        scope.close()
      },
    }
  }

  /** Calls `stop` when there is trouble; returns what ends that. */
  #stopAtTrouble(stop: (trouble: MachineTrouble) => void): () => void {
    const onTrouble = (): void => {
      if (this.#trouble !== undefined) stop(this.#trouble)
    }
    this.#waiters.add(onTrouble)
    return () => void this.#waiters.delete(onTrouble)
  }

  /** The trouble behind an error, which may still be on its way when the link is lost already; else the error. */
  async #explain(error: unknown, ctx: Context): Promise<unknown> {
    if (this.#trouble !== undefined || !(error instanceof ChannelLost)) return this.#trouble ?? error
    await this.waitForTrouble(LOST_LINK_GRACE_MS, ctx.signal)
    return this.#trouble ?? error
  }

  /** Waits until there is trouble, at most so long. */
  async waitForTrouble(milliseconds: number, signal: AbortSignal): Promise<MachineTrouble | undefined> {
    await this.#waitUntil(() => this.#trouble !== undefined, milliseconds, signal)
    return this.#trouble
  }

  /** Waits until a start after number `ordinal` has begun, at most so long. */
  async waitForStartAfter(ordinal: number, milliseconds: number, signal: AbortSignal): Promise<boolean> {
    await this.#waitUntil(
      () => this.start.ordinal > ordinal || this.#trouble?.kind === 'host-fault',
      milliseconds,
      signal,
    )
    return this.start.ordinal > ordinal
  }

  async #waitUntil(holds: () => boolean, milliseconds: number, signal: AbortSignal): Promise<void> {
    if (holds()) return
    const timer = new AbortController()
    const stop = (): void => timer.abort()
    if (signal.aborted) stop()
    const forget = whenAborted(signal, stop)
    const check = (): void => {
      if (holds()) stop()
    }
    this.#waiters.add(check)
    await this.#options.clock.sleep(milliseconds, timer.signal).catch(() => undefined)
    this.#waiters.delete(check)
    forget()
    signal.throwIfAborted()
  }

  #nextStart(at: Instant): void {
    this.start = { ordinal: this.start.ordinal + 1, at, milestone: 'power', crashed: false, heartbeat: false }
    this.#starts.push(this.start)
    this.#later(() => this.#options.crashes.beginStart())
  }

  /** Facts are written in the order in which they were seen; a failing journal is met again by the phase itself. */
  #later(work: () => Promise<void>): void {
    this.#pending = this.#pending.then(work).catch(() => undefined)
  }

  #raise(trouble: MachineTrouble): void {
    // The first trouble is the cause; a host fault explains everything else that is seen with it.
    if (this.#trouble === undefined || trouble.kind === 'host-fault') this.#trouble = trouble
    this.#wake()
  }

  #wake(): void {
    for (const waiter of this.#waiters) waiter()
  }

  async #listen(): Promise<void> {
    try {
      for await (const signal of this.#options.machine.signals()) this.#see(signal)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#raise(new MachineTrouble('host-fault', `the host stopped telling about the machine: ${message}`))
    }
  }

  #see(signal: MachineSignal): void {
    const { ordinal } = this.start
    switch (signal.kind) {
      case 'milestone':
        this.reached(signal.milestone)
        this.#wake()
        break
      case 'reset':
        this.#reset(signal)
        break
      case 'crash': {
        const { milestone } = this.start
        const expected = this.#options.crashes.expectedNow()
        this.start.crashed = true
        this.#later(() => this.#options.crashes.report(signal, ordinal, milestone, expected))
        const words = signal.text ?? signal.code ?? `the guest crashed (${signal.mechanism})`
        this.#raise(new MachineTrouble('crash', oneLine(words), { ordinal }))
        break
      }
      case 'stuck':
        this.#later(() =>
          this.#options.observe({
            kind: 'stuck',
            where: signal.where,
            detail: oneLine(signal.detail, 1900),
            bootOrdinal: ordinal,
          }),
        )
        this.#raise(
          new MachineTrouble('stuck', `the machine waits for a person (${signal.where})`, { ordinal }),
        )
        break
      case 'power':
        this.#power(signal)
        break
      case 'host-fault':
        this.#raise(new MachineTrouble('host-fault', signal.message, { code: signal.code, ordinal }))
        break
      case 'heartbeat':
        this.start.heartbeat = signal.state === 'ok'
        break
      case 'agent':
        // Necessary, never sufficient: what they say is proven or refuted by asking the guest itself.
        break
    }
  }

  #reset(signal: MachineSignal & { readonly kind: 'reset' }): void {
    const { ordinal, milestone, crashed } = this.start
    this.#restartAsked = false
    if (!signal.asked) this.#lookForCrash(ordinal, milestone)
    this.#nextStart(signal.at)
    // The restart after a crash belongs to the crash.
    if (!signal.asked && !crashed)
      this.#raise(new MachineTrouble('reset', 'the machine restarted without being asked', { ordinal }))
    this.#wake()
  }

  #power(signal: MachineSignal & { readonly kind: 'power' }): void {
    if (signal.state === 'running') return
    const { ordinal, milestone } = this.start
    if (signal.cause === 'host' || signal.state === 'critical') {
      void this.#raiseUnlessExplained(`the host turned the machine to "${signal.state}"`)
    } else if (signal.state === 'off' && signal.cause === 'guest' && !this.#offExpected) {
      this.#lookForCrash(ordinal, milestone)
      const asked = this.#restartAsked ? 'restart' : 'nothing'
      const detail = `the machine switched itself off${this.#restartAsked ? ' in the place of a restart' : ''}`
      this.#later(() =>
        this.#options.observe({ kind: 'power', asked, did: 'off', detail, milestone, bootOrdinal: ordinal }),
      )
      this.#raise(new MachineTrouble('power-off', detail, { ordinal }))
    }
  }

  #lookForCrash(ordinal: number, milestone: Milestone): void {
    const expected = this.#options.crashes.expectedNow()
    this.#later(() => this.#options.crashes.lookAtSerial(ordinal, milestone, expected))
  }

  /** A host that takes a machine away mostly says why in its next signal. */
  async #raiseUnlessExplained(message: string): Promise<void> {
    await this.#options.clock.sleep(EXPLANATION_MS)
    if (this.#trouble?.kind !== 'host-fault')
      this.#raise(new MachineTrouble('host-fault', message, { code: 'HOST_POWER' }))
  }
}
