/** A machine under QEMU: one process, one folder, its signals and its facets. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withDeadline } from '../../../../kit/deadline.ts'
import { oneLine } from '../../../../kit/text.ts'
import { AppError } from '../../../../model/errors.ts'
import type { MachineRef } from '../../../../model/machine-ref.ts'
import { ChannelLost, type Channel } from '../../../../sdk/channel.ts'
import type { Context } from '../../../../sdk/context.ts'
import type {
  Machine,
  MachineSignal,
  OfflineDisk,
  SafeBoot,
  SavableState,
  SavedState,
  Screen,
  SealableDisk,
} from '../../../../sdk/provider.ts'
import { GuestAgentChannel } from '../../../channels/guest-agent/guest-agent-channel.ts'
import { GuestAgentClient } from '../../../channels/guest-agent/guest-agent-client.ts'
import { MACHINE_FILES } from './build-arguments.ts'
import { sealOverlay } from './disk-image.ts'
import { GuestLife } from './guest-life.ts'
import type { MachineFiles } from './machine-files.ts'
import type { MachineRecord } from './machine-folder.ts'
import { diskInUse, machineGone, type MachineHost } from './machine-host.ts'
import { MachineSession } from './machine-session.ts'
import { leavePanicPause } from './panic-pause.ts'
import { askForShutdown, cutPower } from './power-off.ts'
import { unaskedEnd } from './host-faults.ts'
import { offlineDiskOf, type LinuxDisk } from './offline-disk.ts'
import type { QmpEvent } from './qmp-client.ts'
import type { ProcessEnd, QemuProcess, RunTool } from './qemu-host.ts'
import { refuseSavedState, saveRunning, takeSavedState, untilRestored } from './saved-state.ts'
import { SerialLog } from './serial-log.ts'
import { SignalLog } from '../../../../sdk/signal-log.ts'
import { WakeUp } from '../../../../kit/wake-up.ts'

const [DESTROY_MS, RELAUNCH_MS] = [30_000, 60_000] as const

export class QemuMachine implements Machine {
  readonly serial: SerialLog
  readonly screen: Screen
  readonly offlineDisk?: OfflineDisk
  readonly safeBoot?: SafeBoot
  readonly sealable: SealableDisk
  readonly savable?: SavableState
  readonly #host: MachineHost
  readonly #record: MachineRecord
  readonly #files: MachineFiles
  readonly #crashScreen: string
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
  readonly #agentChange = new WakeUp()
  #panicPause: 'fresh' | 'pictured' | undefined

  constructor(record: MachineRecord, host: MachineHost) {
    this.#record = record
    this.#host = host
    this.#crashScreen = join(record.folder, 'crash-screen.png')
    this.#life = new GuestLife(record.source.os)
    this.#files = host.filesOf(record)
    this.#agent = new GuestAgentClient(async () => await this.#files.connect(MACHINE_FILES.agentSocket))
    this.serial = new SerialLog(join(record.folder, MACHINE_FILES.serialLog))
    this.screen = {
      capture: async (ctx) => await this.#running('HOST_SCREEN', 'has no screen').screenshot(ctx),
      lastCrash: async () => await readFile(this.#crashScreen).catch(() => undefined),
    }
    if (refuseSavedState(record.profile, record.source.os).length === 0)
      this.savable = { save: async (folder, ctx) => await this.#save(folder, ctx) }
    this.#offline = offlineDiskOf(record, this.#reach(), () => this.#requireOff())
    if (this.#offline !== undefined) this.offlineDisk = this.#offline
    if (record.source.kernel?.safeCommandLine !== undefined)
      this.safeBoot = { startSafe: async (ctx) => await this.#start(true, ctx) }
    this.sealable = { seal: async (destination, ctx) => await this.#seal(destination, ctx) }
  }

  get ref(): MachineRef {
    const process = this.#session?.process
    if (process === undefined) return this.#record.ref
    return { ...this.#record.ref, details: { ...this.#record.ref.details, ...process.details } }
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
    if (how === 'guest') await askForShutdown(session, this.#life.agentOpen ? this.#agent : undefined, ctx)
    else await cutPower(session, ctx)
    await withDeadline('the machine’s power-off', ctx, async () => await this.#ending)
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
        const closed = (): string | undefined => dead() ?? (this.#life.agentOpen ? undefined : 'no agent')
        const epoch = await this.#agent.synchronize(ctx, closed).catch((error: unknown) => {
          if (error instanceof ChannelLost && dead() === undefined) return undefined
          throw error
        })
        if (epoch !== undefined) return new GuestAgentChannel(this.#agent, epoch, this.#record.source.os)
      } else if (!this.#life.agentOpen)
        await withDeadline(
          'the guest agent’s start',
          ctx,
          async (signal) => await this.#agentChange.wait(signal),
        )
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
    if (this.#state !== 'usable') throw machineGone(this.ref.name, this.#state)
    if (this.#session !== undefined) return
    await this.#offline?.forget()
    this.#safe = safe
    const restored = await takeSavedState(this.#record, safe, this.#files)
    // A restored guest is past its firmware: a reset of it is one at any time.
    this.#life.begin(restored ? Number.NEGATIVE_INFINITY : ctx.clock.now())
    const how = safe ? 'safe' : restored ? 'restored' : 'boot'
    const session = await this.#open(await this.#host.launch(this.#record, how, ctx), ctx)
    if (!restored) return
    await untilRestored(session, ctx)
    await this.#askForAgent(session, ctx)
  }

  async #open(process: QemuProcess, ctx: Context): Promise<MachineSession> {
    const session = await MachineSession.open(
      process,
      this.#files,
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
      void leavePanicPause(session, this.#crashScreen, withPicture, this.#host.clock)
    }
  }

  #publish(signals: readonly MachineSignal[]): void {
    for (const signal of signals) {
      if (signal.kind === 'reset') this.#agent.lose('the guest was reset')
      else if (signal.kind === 'agent' && signal.state === 'closed')
        this.#agent.lose('the guest’s agent ended')
      this.#signals.push(signal)
      if (signal.kind === 'agent') this.#agentChange.wake()
    }
  }

  async #finish(session: MachineSession, end: ProcessEnd): Promise<void> {
    const at = this.#host.clock.now()
    this.#session = undefined
    this.serial.unwatch()
    this.#agent.close('the machine is off')
    this.#publish(this.#life.agentSeen(false, at))
    this.#agentChange.wake()
    const reason = this.#life.shutdownReason
    if (session.endAsked) this.#signals.push({ kind: 'power', state: 'off', cause: 'asked', at })
    else if (this.#safe && reason === 'guest-reset') {
      this.#relaunch = this.#leaveSafeMode(at)
      await this.#relaunch
      this.#relaunch = undefined
    } else if (end.exitCode === 0 && reason?.startsWith('guest-') === true)
      this.#signals.push({ kind: 'power', state: 'off', cause: 'guest', at })
    else for (const signal of unaskedEnd(end, reason, at)) this.#signals.push(signal)
  }

  /** A restart out of safe mode leads into an ordinary start, as on a desk; QEMU cannot change a command line under way. */
  async #leaveSafeMode(at: number): Promise<void> {
    this.#signals.push({ kind: 'reset', asked: this.#life.restartExpected, at })
    const ctx = {
      clock: this.#host.clock,
      signal: new AbortController().signal,
      deadline: at + RELAUNCH_MS,
      log: { log: () => undefined },
    }
    this.#life.begin(at)
    this.#safe = false
    try {
      await this.#open(await this.#host.launch(this.#record, 'boot', ctx), ctx)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#signals.push({ kind: 'host-fault', code: 'HOST_QEMU_FAILED', message: oneLine(message), at })
    }
  }

  async #askForAgent(session: MachineSession, ctx: Context): Promise<void> {
    this.#publish(this.#life.agentSeen(await session.agentPortOpen(ctx), ctx.clock.now()))
  }

  async #seal(
    destination: string,
    ctx: Context,
  ): Promise<{ readonly path: string; readonly format: 'qcow2' }> {
    this.#requireOff()
    this.#state = 'sealed'
    await sealOverlay(MACHINE_FILES.disk, destination, this.#reach(), ctx)
    return { path: destination, format: 'qcow2' }
  }

  async #save(folder: string, ctx: Context): Promise<SavedState> {
    const session = this.#running('HOST_CHECKPOINT', 'has no running state')
    const end = async (): Promise<void> => {
      this.#state = 'sealed'
      await this.stop('power', ctx)
    }
    return await saveRunning(session, folder, end, this.#reach(), ctx)
  }

  #reach(): { readonly run: RunTool; readonly files: MachineFiles } {
    return { run: this.#host.toolsOf(this.#record), files: this.#files }
  }

  #running(code: string, what: string): MachineSession {
    if (this.#session !== undefined) return this.#session
    throw new AppError(code, 'host', `the machine ${this.#record.ref.name} is off and ${what}`)
  }

  #requireOff(): void {
    if (this.#session === undefined && this.#state === 'usable') return
    throw diskInUse(this.#record.ref.name, this.#session === undefined ? this.#state : 'running')
  }
}
