/** A machine that exists as a file in the host's state folder and as timers on the run's clock. It survives a kill as a file, too. */
import { existsSync, rmdirSync, rmSync, unlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Clock } from '../../../kit/clock.ts'
import { whenAborted } from '../../../kit/when-aborted.ts'
import { sha256 } from '../../../kit/hash.ts'
import { ChannelLost, type Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Machine, MachineSignal, OfflineDisk, SafeBoot } from '../../../sdk/provider.ts'
import type { MachineRef } from '../../../model/machine-ref.ts'
import { SimulatedChannel } from './simulated-channel.ts'
import type { SimulatedGuest } from './simulated-guest.ts'

/** Milliseconds of each part of a start, near to those of a small emulated Linux guest. */
const FIRMWARE_MS = 400
const KERNEL_MS = 900
const AGENT_MS = 3000
const FINISH_MS = 800
/** A machine lost by its host goes within this time. */
const HOST_FAULT_WITHIN_MS = 60_000

export interface SimulatedMachineOptions {
  readonly ref: MachineRef
  readonly guest: SimulatedGuest
  readonly clock: Clock
  /** Working folder of the attempt; removed by destroy. Absent for an adopted machine that has none. */
  readonly folder: string | undefined
  /** The file that is the machine. */
  readonly record: string
}

export class SimulatedMachine implements Machine {
  readonly ref: MachineRef
  readonly #options: SimulatedMachineOptions
  readonly #signals: MachineSignal[] = []
  readonly #listeners = new Set<() => void>()
  /** Raised at each start and stop: what an older start still had in mind is void. */
  #generation = 0
  #on = false
  #agent = false
  #destroyed = false
  #restartAsked = false

  constructor(options: SimulatedMachineOptions) {
    this.ref = options.ref
    this.#options = options
  }

  start(_ctx: Context): Promise<void> {
    this.#powerOn(false)
    if (this.#options.guest.does('host-fault')) void this.#loseLater()
    return Promise.resolve()
  }

  stop(how: 'guest' | 'power', _ctx: Context): Promise<void> {
    if (how === 'guest' && this.#on && this.#options.guest.does('shutdown-panic')) this.#crash()
    this.#powerOff('asked')
    return Promise.resolve()
  }

  expectRestart(): void {
    this.#restartAsked = true
  }

  async *signals(): AsyncIterable<MachineSignal> {
    for (let index = 0; ;) {
      const signal = this.#signals[index]
      if (signal !== undefined) {
        index += 1
        yield signal
      } else if (this.#destroyed) return
      else
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            this.#listeners.delete(wake)
            resolve()
          }
          this.#listeners.add(wake)
        })
    }
  }

  async connect(ctx: Context): Promise<Channel> {
    for (;;) {
      if (this.#destroyed || !this.#on) throw new ChannelLost('the simulated machine is off')
      if (this.#agent && !this.#options.guest.does('silent')) {
        const generation = this.#generation
        return new SimulatedChannel({
          guest: this.#options.guest,
          alive: () => this.#generation === generation && this.#agent,
          restart: () => this.#restartFromGuest(),
          shutDown: () => this.#powerOff('guest'),
        })
      }
      await this.#changed(ctx.signal)
    }
  }

  destroy(_ctx: Context): Promise<void> {
    this.#generation += 1
    this.#on = false
    this.#agent = false
    this.#destroyed = true
    this.#wake()
    // At once: a file operation that is on its way holds the clock of all simulated machines.
    const { folder, record } = this.#options
    try {
      if (folder !== undefined && existsSync(folder)) removeFolder(folder)
      // A record is one file, and unlinking it costs a tenth of what the general removal does.
      if (existsSync(record)) unlinkSync(record)
      return Promise.resolve()
    } catch {
      // Windows removes nothing that a scanner has open; the functions that return promises wait for it (patient-files.ts).
      return removeLater([...(folder === undefined ? [] : [folder]), record])
    }
  }

  readonly safeBoot: SafeBoot = {
    startSafe: () => {
      this.#powerOn(true)
      return Promise.resolve()
    },
  }

  readonly offlineDisk: OfflineDisk = {
    read: () => Promise.resolve(new Map()),
    list: () => Promise.resolve(undefined),
    write: (changes) => {
      for (const { path, content } of changes)
        if (content === undefined) this.#options.guest.files.delete(path)
        else this.#options.guest.files.set(path, sha256(content))
      return Promise.resolve()
    },
  }

  #restartFromGuest(): void {
    const asked = this.#restartAsked
    this.#restartAsked = false
    this.#restart(asked)
  }

  #powerOn(safe: boolean): void {
    this.#on = true
    this.#emit({ kind: 'power', state: 'running', cause: 'asked' })
    this.#options.guest.safe = safe
    this.#begin()
  }

  #powerOff(cause: 'asked' | 'guest'): void {
    if (!this.#on) return
    this.#generation += 1
    this.#on = false
    this.#agent = false
    this.#emit({ kind: 'power', state: 'off', cause })
  }

  #restart(asked: boolean): void {
    if (!this.#on) return
    this.#emit({ kind: 'reset', asked })
    this.#options.guest.safe = false
    this.#begin()
  }

  #begin(): void {
    this.#generation += 1
    this.#agent = false
    const { guest, clock } = this.#options
    guest.finished = false
    guest.startedAt = clock.now()
    void this.#boot(this.#generation)
  }

  async #boot(generation: number): Promise<void> {
    const { guest } = this.#options
    const slow = (guest.does('slow-boot') ? 4 : 1) * (1 + guest.jitter / 10) * guest.load()
    if (!(await this.#pass(FIRMWARE_MS * slow, generation))) return
    this.#emit({ kind: 'milestone', milestone: 'firmware' })
    if (!(await this.#pass(KERNEL_MS * slow, generation))) return
    if (guest.safe && guest.does('safe-mode-panic')) return this.#crash()
    guest.bootCount += 1
    this.#emit({ kind: 'milestone', milestone: 'kernel' })
    if (guest.does('hang')) return
    if (guest.does('panic')) return this.#crash()
    if (guest.does('boot-loop')) {
      if (await this.#pass(KERNEL_MS, generation)) this.#restart(false)
      return
    }
    if (!(await this.#pass(AGENT_MS * slow, generation))) return
    this.#emit({ kind: 'heartbeat', state: 'ok' })
    if (guest.does('logon-hang') || (guest.safe && guest.does('safe-mode-silent'))) return
    this.#agent = true
    this.#emit({ kind: 'agent', state: 'open' })
    if (!(await this.#pass(FINISH_MS * slow, generation))) return
    // In safe mode not everything is started, and nothing says that all of it was.
    if (guest.safe || guest.does('setup-waits')) return
    guest.finished = true
    if (guest.does('restart-loop')) {
      if (await this.#pass(KERNEL_MS, generation)) this.#restart(false)
      return
    }
    if (!guest.does('crash-once') || guest.crashedOnce) return
    if (!(await this.#pass(KERNEL_MS, generation))) return
    guest.crashedOnce = true
    this.#crash()
    if (await this.#pass(KERNEL_MS, generation)) this.#restart(false)
  }

  #crash(): void {
    this.#agent = false
    this.#emit({
      kind: 'crash',
      ...(this.#options.guest.os === 'windows'
        ? { mechanism: 'bugcheck', code: '0x00000050', text: 'PAGE_FAULT_IN_NONPAGED_AREA (simulated)' }
        : { mechanism: 'panic', text: 'Kernel panic - simulated: content index out of range' }),
    })
  }

  async #loseLater(): Promise<void> {
    const { clock, guest } = this.#options
    await clock.sleep(guest.jitter * HOST_FAULT_WITHIN_MS)
    if (this.#destroyed) return
    this.#powerOff('asked')
    this.#emit({
      kind: 'host-fault',
      code: 'HOST_SIMULATED',
      message: 'the simulated host lost the machine',
    })
  }

  /** Resolves when the machine does something; rejects with the signal's reason when it aborts. */
  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const wake = (): void => {
        this.#listeners.delete(wake)
        forget()
        resolve()
      }
      const forget = whenAborted(signal, () => {
        this.#listeners.delete(wake)
        reject(signal.reason as Error)
      })
      this.#listeners.add(wake)
    })
  }

  /** Time passes; false when the start that waited is over. */
  async #pass(milliseconds: number, generation: number): Promise<boolean> {
    await this.#options.clock.sleep(milliseconds)
    return generation === this.#generation && this.#on
  }

  #emit(signal: DistributiveOmit<MachineSignal, 'at'>): void {
    this.#signals.push({ at: this.#options.clock.now(), ...signal })
    this.#wake()
  }

  #wake(): void {
    for (const listener of this.#listeners) listener()
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/** A working folder of a simulated machine is empty, unless somebody put something into it. */
function removeFolder(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function removeLater(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { recursive: true, force: true })
}
