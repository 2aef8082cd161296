/** A machine under QEMU: one process, one folder, its signals and its facets. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../../../kit/files.ts'
import type { Clock } from '../../../kit/clock.ts'
import { withDeadline } from '../../../kit/deadline.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import type { MachineRef } from '../../../model/machine-ref.ts'
import { ChannelLost, type Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type {
  Checkpoints,
  Machine,
  MachineSignal,
  OfflineDisk,
  SafeBoot,
  Screen,
  SealableDisk,
} from '../../../sdk/provider.ts'
import { GuestAgentChannel } from '../../channels/guest-agent/guest-agent-channel.ts'
import { GuestAgentClient } from '../../channels/guest-agent/guest-agent-client.ts'
import { MACHINE_FILES } from './build-arguments.ts'
import { checkpointsOf } from './checkpoints.ts'
import { sealOverlay } from './disk-image.ts'
import { GuestLife } from './guest-life.ts'
import type { MachineRecord } from './machine-folder.ts'
import { MachineSession } from './machine-session.ts'
import { offlineDiskOf, type LinuxDisk } from './offline-disk.ts'
import type { QmpEvent } from './qmp-client.ts'
import type { ProcessEnd, QemuProcess } from './qemu-process.ts'
import { SerialLog } from './serial-log.ts'
import { SignalLog } from './signal-log.ts'

const CRASH_SCREEN_FILE = 'crash-screen.png'
/** Time for the picture of a panic: 35 ms were measured; the guest stands still meanwhile. */
const PANIC_PAUSE_MS = 10_000
const DESTROY_MS = 30_000
const QUIT_MS = 10_000

/** What the provider gives to its machines. */
export interface MachineHost {
  readonly clock: Clock
  /** Starts the machine's processes in its folder. @throws AppError fault "host" */
  launch(record: MachineRecord, safe: boolean, ctx: Context): Promise<QemuProcess>
  /** Removes the machine's folder and its entry. */
  release(record: MachineRecord): Promise<void>
}

export class QemuMachine implements Machine {
  readonly serial: SerialLog
  readonly screen: Screen
  readonly checkpoints?: Checkpoints
  readonly offlineDisk?: OfflineDisk
  readonly safeBoot?: SafeBoot
  readonly sealable: SealableDisk
  readonly #host: MachineHost
  readonly #record: MachineRecord
  readonly #signals = new SignalLog()
  readonly #agent: GuestAgentClient
  readonly #life: GuestLife
  readonly #offline: LinuxDisk | undefined
  #session: MachineSession | undefined
  #ending: Promise<void> = Promise.resolve()
  /** Under way while a restart out of safe mode changes processes: the machine counts as running. */
  #relaunch: Promise<void> | undefined
  #state: 'usable' | 'sealed' | 'destroyed' = 'usable'
  #safe = false
  #agentWaiters = new Set<() => void>()
  #panicPause: 'fresh' | 'pictured' | undefined

  constructor(record: MachineRecord, host: MachineHost) {
    this.#record = record
    this.#host = host
    this.#life = new GuestLife(record.source.dialect)
    this.#agent = new GuestAgentClient(join(record.folder, MACHINE_FILES.agentSocket))
    this.serial = new SerialLog(join(record.folder, MACHINE_FILES.serialLog))
    this.screen = {
      capture: async (ctx) => await this.#running('HOST_SCREEN', 'has no screen').screenshot(ctx),
      lastCrash: async () => await readFile(join(record.folder, CRASH_SCREEN_FILE)).catch(() => undefined),
    }
    const checkpoints = checkpointsOf(record, {
      session: () => this.#running('HOST_CHECKPOINT', 'has no running state'),
      restored: async (session, ctx) => {
        this.#agent.lose('the machine went back to a checkpoint')
        await this.#askForAgent(session, ctx)
      },
    })
    if (checkpoints !== undefined) this.checkpoints = checkpoints
    this.#offline = offlineDiskOf(record, () => this.#requireOff())
    if (this.#offline !== undefined) this.offlineDisk = this.#offline
    if (record.source.kernel?.safeCommandLine !== undefined)
      this.safeBoot = { startSafe: async (ctx) => await this.#start(true, ctx) }
    this.sealable = { seal: async (destination, ctx) => await this.#seal(destination, ctx) }
  }

  get ref(): MachineRef {
    const process = this.#session?.process
    if (process === undefined) return this.#record.ref
    const { pid, startTime } = process
    return { ...this.#record.ref, details: { ...this.#record.ref.details, pid, startTime } }
  }

  async start(ctx: Context): Promise<void> {
    await this.#start(false, ctx)
  }

  /** Takes over the process of an earlier runner. */
  async attach(process: QemuProcess, ctx: Context): Promise<void> {
    this.#life.begin(Number.NEGATIVE_INFINITY)
    const session = await this.#open(process, ctx)
    await this.#askForAgent(session, ctx)
    // The earlier runner may have been killed between a panic and its picture: the guest must not stand still for ever.
    const status = (await session.execute('query-status', {}, ctx)) as { readonly status?: string }
    if (status.status === 'guest-panicked') await session.execute('cont', {}, ctx)
  }

  async stop(how: 'guest' | 'power', ctx: Context): Promise<void> {
    await this.#relaunch
    const session = this.#session
    if (session === undefined) return await this.#ending
    session.endAsked = true
    if (how === 'guest') await this.#askForShutdown(session, ctx)
    else await this.#cutPower(session, ctx)
    await withDeadline('the machine’s power-off', ctx, async () => await this.#ending)
  }

  async reset(ctx: Context): Promise<void> {
    await this.#running('MACHINE_OFF', 'cannot be reset').execute('system_reset', {}, ctx)
  }

  expectRestart(): void {
    this.#life.expectRestart()
  }

  signals(): AsyncIterable<MachineSignal> {
    return this.#signals.read()
  }

  async connect(ctx: Context): Promise<Channel> {
    const dead = (): string | undefined => (this.#session === undefined ? 'the machine is off' : undefined)
    for (;;) {
      await this.#relaunch
      if (dead() !== undefined) throw new ChannelLost('the machine is off')
      if (this.#life.agentOpen) {
        const closed = (): string | undefined =>
          dead() ?? (this.#life.agentOpen ? undefined : 'the agent closed its port')
        const epoch = await this.#agent.synchronize(ctx, closed).catch((error: unknown) => {
          if (error instanceof ChannelLost && dead() === undefined) return undefined
          throw error
        })
        if (epoch !== undefined) return new GuestAgentChannel(this.#agent, epoch, this.#record.source.dialect)
      } else if (!this.#life.agentOpen)
        await withDeadline('the guest agent’s start', ctx, async (signal) => await this.#agentChange(signal))
    }
  }

  async destroy(ctx: Context): Promise<void> {
    if (this.#state === 'destroyed') return
    // Whoever gives up a run still wants its machines gone: only the deadline ends this, not the caller's abort.
    const deadline = Math.max(ctx.clock.now() + 1000, Math.min(ctx.deadline, ctx.clock.now() + DESTROY_MS))
    await withDeadline('the end of the machine', { clock: ctx.clock, deadline }, async () => {
      await this.#relaunch
      const session = this.#session
      if (session !== undefined) {
        session.endAsked = true
        await session.process.kill()
      }
      await this.#ending
      await this.#host.release(this.#record)
    })
    this.#state = 'destroyed'
    this.#signals.close()
  }

  async #start(safe: boolean, ctx: Context): Promise<void> {
    await this.#ending
    if (this.#state !== 'usable')
      throw new AppError(
        'MACHINE_GONE',
        'tool',
        `the machine ${this.ref.name} is ${this.#state} and cannot be started`,
      )
    if (this.#session !== undefined) return
    await this.#offline?.forget()
    this.#life.begin(ctx.clock.now())
    this.#safe = safe
    await this.#open(await this.#host.launch(this.#record, safe, ctx), ctx)
  }

  async #open(process: QemuProcess, ctx: Context): Promise<MachineSession> {
    const session = await MachineSession.open(
      process,
      this.#record.folder,
      (event, from) => this.#take(event, from),
      ctx,
    )
    this.#session = session
    this.serial.watch()
    this.#signals.push({ kind: 'power', state: 'running', cause: 'asked', at: ctx.clock.now() })
    this.#ending = session.ended.then(async (end) => await this.#finish(session, end))
    return session
  }

  #take(event: QmpEvent, session: MachineSession): void {
    const crashedBefore = this.#life.crashed
    this.#publish(this.#life.take(event))
    if (event.event === 'GUEST_PANICKED' && event.data['action'] === 'pause')
      this.#panicPause = crashedBefore ? 'pictured' : 'fresh'
    // The pause is real only once STOP came: a "cont" before it would do nothing and the guest stand still for ever.
    if (event.event === 'STOP' && this.#panicPause !== undefined) {
      const withPicture = this.#panicPause === 'fresh'
      this.#panicPause = undefined
      void this.#leavePanicPause(session, withPicture)
    }
  }

  /**
   * The guest has just told its panic and stands still: keep its screen before its own restart clears it, then let it go
   * on, so that it writes its crash record and restarts (or hangs) as it would on a desk. Measured with QEMU 7.2 and a
   * panicking Linux guest: picture after 30 ms, "cont" works from state guest-panicked, the RESET follows as without pause.
   */
  async #leavePanicPause(session: MachineSession, withPicture: boolean): Promise<void> {
    const ctx = {
      clock: this.#host.clock,
      signal: new AbortController().signal,
      deadline: this.#host.clock.now() + PANIC_PAUSE_MS,
    }
    try {
      if (withPicture)
        await writeFileAtomic(join(this.#record.folder, CRASH_SCREEN_FILE), await session.screenshot(ctx))
    } catch {
      // No picture is no reason to keep the guest from going on.
    }
    await session.execute('cont', {}, ctx).catch(() => undefined)
  }

  #publish(signals: readonly MachineSignal[]): void {
    for (const signal of signals) {
      if (signal.kind === 'reset') this.#agent.lose('the guest was reset')
      else if (signal.kind === 'agent' && signal.state === 'closed')
        this.#agent.lose('the guest’s agent ended')
      this.#signals.push(signal)
      if (signal.kind === 'agent') this.#wakeAgentWaiters()
    }
  }

  async #finish(session: MachineSession, end: ProcessEnd): Promise<void> {
    const at = this.#host.clock.now()
    this.#session = undefined
    this.serial.unwatch()
    this.#agent.close('the machine is off')
    this.#publish(this.#life.agentSeen(false, at))
    this.#wakeAgentWaiters()
    const reason = this.#life.shutdownReason
    if (session.endAsked) this.#signals.push({ kind: 'power', state: 'off', cause: 'asked', at })
    else if (this.#safe && reason === 'guest-reset') {
      this.#relaunch = this.#leaveSafeMode(at)
      await this.#relaunch
      this.#relaunch = undefined
    } else if (end.exitCode === 0 && reason?.startsWith('guest-') === true)
      this.#signals.push({ kind: 'power', state: 'off', cause: 'guest', at })
    else this.#publishHostFault(end, at)
  }

  /** A restart out of safe mode leads into an ordinary start, as on a desk; QEMU cannot change a command line under way. */
  async #leaveSafeMode(at: number): Promise<void> {
    this.#signals.push({ kind: 'reset', asked: this.#life.restartExpected, at })
    const ctx = {
      clock: this.#host.clock,
      signal: new AbortController().signal,
      deadline: at + QUIT_MS * 6,
      log: { log: () => undefined },
    }
    this.#life.begin(at)
    this.#safe = false
    try {
      await this.#open(await this.#host.launch(this.#record, false, ctx), ctx)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#signals.push({ kind: 'host-fault', code: 'HOST_QEMU_FAILED', message: oneLine(message), at })
    }
  }

  #publishHostFault(end: ProcessEnd, at: number): void {
    const how = end.signal === undefined ? `with exit code ${end.exitCode ?? 'unknown'}` : `by ${end.signal}`
    const words = oneLine(end.stderr.slice(-2000), 2000)
    const killed = end.signal !== undefined || this.#life.shutdownReason === 'host-signal'
    this.#signals.push({ kind: 'power', state: 'off', cause: 'host', at })
    this.#signals.push({
      kind: 'host-fault',
      code: killed ? 'HOST_QEMU_KILLED' : 'HOST_QEMU_FAILED',
      message: `QEMU ended ${how} without being asked${words === '' ? '' : `: ${words}`}`,
      at,
    })
  }

  async #askForAgent(session: MachineSession, ctx: Context): Promise<void> {
    this.#publish(this.#life.agentSeen(await session.agentPortOpen(ctx), ctx.clock.now()))
  }

  /** The agent's own shutdown where it answers, else the power button; no answer to the first is its success. */
  async #askForShutdown(session: MachineSession, ctx: Context): Promise<void> {
    if (this.#life.agentOpen) {
      const brief = { ...ctx, deadline: Math.min(ctx.deadline, ctx.clock.now() + QUIT_MS) }
      try {
        const epoch = await this.#agent.synchronize(brief, () => undefined)
        await this.#agent.call('guest-shutdown', { mode: 'powerdown' }, epoch, brief)
        return
      } catch (error) {
        if (this.#session === undefined) return
        if (error instanceof ChannelLost || ctx.signal.aborted) ctx.signal.throwIfAborted()
      }
    }
    await session.execute('system_powerdown', {}, ctx).catch(() => undefined)
  }

  /** "quit" lets QEMU write its disk's tables; a process that does not obey is killed. */
  async #cutPower(session: MachineSession, ctx: Context): Promise<void> {
    const brief = { ...ctx, deadline: Math.min(ctx.deadline, ctx.clock.now() + QUIT_MS) }
    try {
      await session.execute('quit', {}, brief)
      await withDeadline('QEMU’s end', brief, async () => await session.ended)
    } catch {
      await session.process.kill()
    }
  }

  async #seal(
    destination: string,
    ctx: Context,
  ): Promise<{ readonly path: string; readonly format: 'qcow2' }> {
    this.#requireOff()
    this.#state = 'sealed'
    await sealOverlay(join(this.#record.folder, MACHINE_FILES.disk), destination, ctx)
    return { path: destination, format: 'qcow2' }
  }

  #running(code: string, what: string): MachineSession {
    if (this.#session !== undefined) return this.#session
    throw new AppError(code, 'host', `the machine ${this.#record.ref.name} is off and ${what}`)
  }

  #requireOff(): void {
    if (this.#session === undefined && this.#state === 'usable') return
    const state = this.#session === undefined ? this.#state : 'running'
    throw new AppError(
      'MACHINE_NOT_OFF',
      'tool',
      `the disk of ${this.#record.ref.name} cannot be used: it is ${state}`,
      {
        hint: 'stop the machine first',
      },
    )
  }

  async #agentChange(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#agentWaiters.add(resolve)
      signal.addEventListener('abort', () => this.#agentWaiters.delete(resolve), { once: true })
    })
  }

  #wakeAgentWaiters(): void {
    const waiters = this.#agentWaiters
    this.#agentWaiters = new Set()
    for (const wake of waiters) wake()
  }
}
