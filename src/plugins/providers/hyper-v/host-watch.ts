/** Looks at all machines of one host together, once a second, in one PowerShell session of its own. */
import { z } from 'zod'
import type { Clock } from '../../../kit/clock.ts'
import type { Logger } from '../../../sdk/context.ts'
import { runHostScript } from './host-scripts.ts'
import type { HostEvent, MachineLook } from './machine-life.ts'
import type { PowerShellSession } from './powershell-session.ts'

const PAUSE_MS = 1000
const LOOK_MS = 60_000
/** Looks that fail in a row before the machines are told that their host does not answer. */
const FAILURES = 5

const LookSchema = z.object({
  machines: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      heartbeat: z.string(),
      nonce: z.string().nullable(),
      setup: z.string().nullable(),
    }),
  ),
  logs: z.record(
    z.string(),
    z.object({
      bookmark: z.number(),
      events: z.array(
        z.object({
          record: z.number(),
          id: z.number(),
          at: z.number(),
          machine: z.string(),
          codes: z.array(z.string()),
          message: z.string(),
        }),
      ),
    }),
  ),
})

export interface WatchedMachine {
  /** The VM's GUID. */
  readonly id: string
  /** `look` is undefined when the host no longer has the machine. */
  take(look: MachineLook | undefined, events: readonly HostEvent[]): void
  /** The host has not answered for several looks. */
  takeSilence(reason: string): void
}

export class HostWatch {
  readonly #openSession: () => PowerShellSession
  readonly #clock: Clock
  readonly #machines = new Map<string, WatchedMachine>()
  #log: Logger = { log: () => undefined }
  #session: PowerShellSession | undefined
  #bookmarks: Record<string, number> = {}
  #stop: AbortController | undefined
  #waiting: (() => void)[] = []

  constructor(openSession: () => PowerShellSession, clock: Clock) {
    this.#openSession = openSession
    this.#clock = clock
  }

  /** Resolves after the first look, from which on nothing that happens to the machine is missed. */
  async add(machine: WatchedMachine, log: Logger): Promise<void> {
    this.#log = log
    this.#machines.set(machine.id.toLowerCase(), machine)
    const looked = this.nextLook()
    if (this.#stop === undefined) {
      this.#stop = new AbortController()
      void this.#run(this.#stop)
    }
    await looked
  }

  remove(id: string): void {
    this.#machines.delete(id.toLowerCase())
    if (this.#machines.size > 0) return
    this.#stop?.abort(new Error('nothing to watch'))
    this.#stop = undefined
    this.#session?.kill()
    this.#session = undefined
    this.#bookmarks = {}
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Resolves after a look that begins from now on, also when it failed. */
  nextLook(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  async #run(stop: AbortController): Promise<void> {
    let failures = 0
    while (!stop.signal.aborted) {
      const waiting = this.#waiting.splice(0)
      try {
        await this.#look(stop.signal)
        failures = 0
      } catch (error) {
        if (stop.signal.aborted) break
        failures += 1
        const reason = error instanceof Error ? error.message : String(error)
        this.#log.log('warn', 'a look at the Hyper-V host failed', { reason, failures })
        if (failures === FAILURES) for (const machine of this.#machines.values()) machine.takeSilence(reason)
      }
      for (const resolve of waiting) resolve()
      await this.#clock.sleep(PAUSE_MS, stop.signal).catch(() => undefined)
    }
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async #look(signal: AbortSignal): Promise<void> {
    if (this.#session === undefined || this.#session.dead) this.#session = this.#openSession()
    const asked = [...this.#machines.values()]
    const ctx = { signal, clock: this.#clock, log: this.#log, deadline: this.#clock.now() + LOOK_MS }
    const parameters = { ids: asked.map(({ id }) => id), bookmarks: this.#bookmarks }
    const seen = LookSchema.parse(await runHostScript(this.#session, 'watch', parameters, ctx))
    if (signal.aborted) return
    for (const [log, { bookmark }] of Object.entries(seen.logs)) this.#bookmarks[log] = bookmark
    const events = Object.values(seen.logs)
      .flatMap((log) => log.events)
      .sort((a, b) => a.at - b.at || a.record - b.record)
    for (const machine of asked) {
      if (this.#machines.get(machine.id.toLowerCase()) !== machine) continue
      const own = (id: string): boolean => id.toLowerCase() === machine.id.toLowerCase()
      machine.take(
        seen.machines.find(({ id }) => own(id)),
        events.filter((event) => own(event.machine)),
      )
    }
  }
}
