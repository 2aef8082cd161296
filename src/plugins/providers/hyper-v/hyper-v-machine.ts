/** One VM on a Hyper-V host. */
import { withDeadline } from '../../../kit/deadline.ts'
import { AppError } from '../../../model/errors.ts'
import type { MachineRef } from '../../../model/machine-ref.ts'
import { ChannelLost, type Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type {
  Machine,
  MachineSignal,
  OfflineDisk,
  SafeBoot,
  SavableState,
  Screen,
  SealableDisk,
} from '../../../sdk/provider.ts'
import { connectPowerShellDirect } from '../../channels/powershell-direct/powershell-direct-channel.ts'
import { SignalLog } from '../../../sdk/signal-log.ts'
import { guestDisk } from './guest-disk.ts'
import { runHostScript, type HostScript } from './host-scripts.ts'
import type { MachineFacts, MachineHost } from './machine-facts.ts'
import { MachineLife, type HostEvent, type MachineLook } from './machine-life.ts'
import { machineFiles, machineNotes } from './machine-plan.ts'
import { pngOfRgb565 } from './rgb565-png.ts'
import type { SerialPipe } from './serial-pipe.ts'
import { saveState } from './saved-state.ts'
import { ScreenFollower } from './stuck-screen.ts'

const DESTROY_MS = 180_000
/** What Set-VMVideo fixed. */
const SCREEN = { width: 1024, height: 768 } as const
const SMALL_SCREEN = { width: 160, height: 120 } as const
const SCREEN_LOOK_MS = 10_000

export class HyperVMachine implements Machine {
  readonly ref: MachineRef
  readonly serial: SerialPipe
  readonly screen: Screen
  readonly offlineDisk: OfflineDisk
  readonly safeBoot?: SafeBoot
  readonly sealable: SealableDisk
  readonly savable?: SavableState
  readonly #facts: MachineFacts
  readonly #host: MachineHost
  readonly #signals = new SignalLog()
  readonly #life: MachineLife
  readonly #follower = new ScreenFollower()
  #gone = new AbortController()
  #running = false
  #off = true
  #over: 'destroyed' | 'saved as a checkpoint' | undefined
  #lookedAtScreen = 0
  #stuckSaid = false
  /** Its boot store has an entry for safe mode that is not needed any more. */
  #safeEntry = false

  constructor(facts: MachineFacts, host: MachineHost) {
    this.#facts = facts
    this.#host = host
    this.#life = new MachineLife(facts.ref.name)
    this.ref = facts.ref
    this.serial = facts.serial
    this.screen = {
      capture: async (ctx) => pngOfRgb565(await this.#pixels(SCREEN, ctx), SCREEN.width, SCREEN.height),
    }
    this.offlineDisk = guestDisk(
      async (parameters, ctx) => await this.#script('offline-disk', parameters, ctx),
    )
    if (facts.windows)
      this.safeBoot = {
        startSafe: async (ctx) => {
          await this.#script('safe-boot', { action: 'add' }, ctx)
          this.#safeEntry = false
          await this.start(ctx)
          this.#safeEntry = true
        },
      }
    this.sealable = {
      seal: async (destination, ctx) => {
        await this.#script('seal', { destination }, ctx)
        return { path: destination, format: 'vhdx' }
      },
    }
    if (!facts.tpm)
      this.savable = {
        save: async (folder, ctx) => {
          this.#life.expectOff('guest')
          this.#loseGuest('the machine is saved')
          const saved = await saveState(
            async () => await this.#script('save-state', { destination: folder }, ctx),
          )
          // On its way it is seen saved, which is not over.
          await this.#untilOff(ctx, () => this.#off)
          this.#over = 'saved as a checkpoint'
          return saved
        },
      }
    if (facts.saved === true) this.#life.beginSaved()
  }

  /** Takes over a machine that an earlier process may have started. */
  async takeOver(ctx: Context): Promise<void> {
    this.#life.expectStart()
    this.serial.open()
    await this.follow(ctx)
  }

  /** Begins to follow the machine; resolves when nothing is missed any more. */
  async follow(ctx: Context): Promise<void> {
    const watched = {
      id: this.#facts.id,
      take: (look: MachineLook | undefined, events: readonly HostEvent[]) => this.#take(look, events, ctx),
      takeSilence: (reason: string) =>
        this.#publish([
          {
            kind: 'host-fault',
            code: 'HOST_SILENT',
            message: `the Hyper-V host does not answer: ${reason}`,
            at: this.#host.clock.now(),
          },
        ]),
    }
    await withDeadline(
      'the first look at the machine',
      ctx,
      async () => await this.#host.watch.add(watched, ctx.log),
    )
  }

  async start(ctx: Context): Promise<void> {
    if (this.#over !== undefined)
      throw new AppError('MACHINE_GONE', 'tool', `the machine ${this.ref.name} is ${this.#over}`)
    if (this.#running) return
    if (this.#safeEntry) await this.#removeSafeEntry(ctx)
    this.#life.expectStart()
    this.serial.open()
    await this.#script('power', { action: 'start' }, ctx)
    while (!this.#running) await this.#nextLook('the machine’s start', ctx)
  }

  async stop(how: 'guest' | 'power', ctx: Context): Promise<void> {
    this.#life.expectOff(how)
    if (how === 'power') this.#loseGuest('the machine is turned off')
    try {
      await this.#script('power', { action: how }, ctx)
    } catch (error) {
      // A guest that takes no order runs on: what ends it later was not asked for.
      if (how === 'guest') this.#life.expectNoOff()
      throw error
    }
    await this.#untilOff(ctx)
  }

  expectRestart(): void {
    this.#life.expectRestart()
  }

  signals(): AsyncIterable<MachineSignal> {
    return this.#signals.read()
  }

  async connect(ctx: Context): Promise<Channel> {
    const { account, id } = this.#facts
    if (account === undefined)
      throw new AppError('GUEST_CREDENTIALS', 'user', 'the image has no account for PowerShell Direct', {
        hint: 'give the image credentials in lab.yaml: a user and the name of the secret with its password',
      })
    for (;;) {
      if (!this.#running) throw new ChannelLost('the machine is off')
      const gone = this.#gone.signal
      const target = { machine: id, ...account, gone, openSession: () => this.#host.pool.dedicated() }
      try {
        const channel = await connectPowerShellDirect(target, ctx)
        this.#publish(this.#life.takeAnswer(this.#host.clock.now()))
        return channel
      } catch (error) {
        // A guest that restarts while it is waited for is waited for on, and so is a guest that has no accounts before its setup
        // ends, or that refuses the account which it took before: that is no mistake in lab.yaml.
        const { setupOpen, everAnswered } = this.#life
        const refused = error instanceof AppError && error.code === 'GUEST_CREDENTIALS'
        if (!(refused && (setupOpen || everAnswered)) && (!gone.aborted || error !== gone.reason)) throw error
      }
    }
  }

  async destroy(ctx: Context): Promise<void> {
    if (this.#over === 'destroyed') return
    this.#life.expectOff('power')
    this.#loseGuest('the machine is destroyed')
    this.#host.watch.remove(this.#facts.id)
    await this.serial.close()
    // Whoever gives up a run still wants its machines gone: only the deadline ends this, not the caller's abort.
    const { clock, log } = ctx
    const deadline = Math.max(clock.now() + 1000, Math.min(ctx.deadline, clock.now() + DESTROY_MS))
    await this.#script('destroy', {}, { clock, log, deadline, signal: new AbortController().signal })
    await this.#host.register.release(this.ref.name)
    this.#over = 'destroyed'
    this.#signals.close()
  }

  /** It is on no menu and starts by itself never: where it cannot be removed, nothing is lost. */
  async #removeSafeEntry(ctx: Context): Promise<void> {
    this.#safeEntry = false
    await this.#script('safe-boot', { action: 'remove' }, ctx).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error
      ctx.log.log('warn', 'the boot entry for safe mode stays', {
        name: this.ref.name,
        reason: error.message,
      })
    })
  }

  #take(look: MachineLook | undefined, events: readonly HostEvent[], ctx: Context): void {
    this.#publish(this.#life.take(look, events, this.#host.clock.now()))
    void this.#lookAtScreen(ctx)
  }

  #publish(signals: readonly MachineSignal[]): void {
    for (const signal of signals) {
      if (signal.kind === 'power') {
        this.#running = signal.state === 'running'
        this.#off = signal.state === 'off'
        this.#stuckSaid = false
      }
      if (signal.kind === 'reset') {
        this.#stuckSaid = false
        this.#loseGuest('the guest restarted')
      }
      if (signal.kind === 'power' && signal.state !== 'running')
        this.#loseGuest(`the machine is ${signal.state}`)
      this.#signals.push(signal)
    }
  }

  /** Ends every channel that was open until now. */
  #loseGuest(reason: string): void {
    this.#gone.abort(new ChannelLost(reason))
    this.#gone = new AbortController()
  }

  /** Only where the guest has been silent for long: a look at the screen costs the host something. */
  async #lookAtScreen(ctx: Context): Promise<void> {
    const { clock } = this.#host
    const { answered, heartbeatSeen, failedStarts, startedAt, crashed, loaded } = this.#life
    const now = clock.now()
    const alive = answered || heartbeatSeen
    if (!this.#running || alive || startedAt === undefined || this.#stuckSaid) return
    const sinceStart = now - startedAt
    if (sinceStart < SCREEN_LOOK_MS * 3 || now - this.#lookedAtScreen < SCREEN_LOOK_MS) return
    this.#lookedAtScreen = now
    const context = { ...ctx, signal: new AbortController().signal, deadline: now + SCREEN_LOOK_MS * 3 }
    const pixels = await this.#pixels(SMALL_SCREEN, context).catch(() => undefined)
    if (pixels === undefined || this.#life.startedAt !== startedAt) return
    const stuck = this.#follower.take(pixels, now, {
      sinceStart,
      alive,
      crashed,
      loaded,
      failedStarts,
      tpm: this.#facts.tpm,
      generation: this.#facts.generation,
    })
    if (stuck === undefined) return
    this.#stuckSaid = true
    this.#publish([{ kind: 'stuck', ...stuck, at: now }])
  }

  async #pixels(size: { readonly width: number; readonly height: number }, ctx: Context): Promise<Buffer> {
    const picture = await this.#script('thumbnail', size, ctx).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error
      throw new AppError('HOST_SCREEN', 'host', error.message, { cause: error })
    })
    if (typeof picture !== 'string') throw new AppError('HOST_SCREEN', 'host', 'the host gave no picture')
    return Buffer.from(picture, 'base64')
  }

  async #untilOff(ctx: Context, off = () => !this.#running): Promise<void> {
    while (!off()) await this.#nextLook('the machine’s power-off', ctx)
  }

  async #nextLook(what: string, ctx: Context): Promise<void> {
    await withDeadline(what, ctx, async () => await this.#host.watch.nextLook())
  }

  async #script(
    script: HostScript,
    parameters: Readonly<Record<string, unknown>>,
    ctx: Context,
  ): Promise<unknown> {
    const { id, folder, ref } = this.#facts
    const { disk, mountFolder } = machineFiles(folder)
    const own = { id, name: ref.name, notes: machineNotes(ref, folder), folder, disk, mountFolder }
    return await runHostScript(this.#host.pool, script, { ...own, ...parameters }, ctx)
  }
}
