/** Folders, contexts and machines of a provider's contract suite; everything it made is taken away at its end. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../kit/clock.ts'
import { withDeadline } from '../../kit/deadline.ts'
import type { MachineFragment, MachineProfile } from '../../model/machine-profile.ts'
import type { MachineRef } from '../../model/machine-ref.ts'
import type { Context } from '../context.ts'
import type { BootSource, Machine, MachineSignal, MachineSpec, Provider } from '../provider.ts'
import type { GuestPhrases } from './guest-phrases.ts'
import type { TestApi } from './test-api.ts'

export interface ProviderContractOptions {
  /** The provider's registered name. */
  readonly provider: string
  /** Opens the provider on an own state folder, as the lab would. */
  readonly open: (stateFolder: string) => Promise<Provider>
  readonly source: () => Promise<BootSource>
  readonly profile: MachineProfile
  readonly guest: GuestPhrases
  /** How long a start may take until the guest answers, generously. */
  readonly bootMs: number
  /** A profile that this provider must refuse on any host. */
  readonly refused: MachineFragment
  /** A source from which no machine can be made (its disk is missing). */
  readonly brokenSource: BootSource
  /** Module whose export `open(stateFolder)` opens the provider, for the tests that kill their own process; absent: they are left out, which the suite says. */
  readonly creatorModule?: string
}

export class ContractFixture {
  readonly options: ProviderContractOptions
  readonly #run: string
  readonly #machines: Machine[] = []
  #root = ''
  #provider: Provider | undefined
  #source: BootSource | undefined
  #sequence = 0
  #unfinished = false
  #beginning = 0

  constructor(options: ProviderContractOptions) {
    this.options = options
    this.#run = `contract-${process.pid}`
  }

  async open(): Promise<void> {
    this.#root = await mkdtemp(join(tmpdir(), 'ringzero-contract-'))
    this.#source = await this.options.source()
    this.#provider = await this.options.open(this.stateFolder)
  }

  async close(): Promise<void> {
    for (const machine of this.#machines) await machine.destroy(this.context())
    if (this.#root !== '') await rm(this.#root, { recursive: true, force: true })
  }

  /**
   * Declares a test that can be tried again: what the machines of a try that failed have become decides nothing later, because they
   * are destroyed before the next test or try. `beginning` counts how often that was so.
   */
  it(api: TestApi, name: string, body: () => Promise<void>, timeoutMs: number): void {
    api.it(
      name,
      async () => {
        if (this.#unfinished) await this.#beginAnew()
        this.#unfinished = true
        await body()
        this.#unfinished = false
      },
      timeoutMs,
    )
  }

  /** A machine that was made at an earlier beginning is gone. */
  get beginning(): number {
    return this.#beginning
  }

  async #beginAnew(): Promise<void> {
    this.#beginning += 1
    for (const machine of this.#machines.splice(0)) await machine.destroy(this.context())
    for (const ref of await this.provider.listMachines(this.#run, this.context()))
      await (await this.provider.adopt(ref, this.context()))?.destroy(this.context())
  }

  get run(): string {
    return this.#run
  }

  get stateFolder(): string {
    return join(this.#root, 'state')
  }

  get provider(): Provider {
    if (this.#provider === undefined) throw new Error('the fixture is not open')
    return this.#provider
  }

  /** A new empty folder of the suite. */
  async folder(name: string): Promise<string> {
    return await mkdtemp(join(this.#root, `${name}-`))
  }

  /** A context whose deadline is so far away; default: time for one start. */
  context(milliseconds = this.options.bootMs): Context {
    return {
      signal: new AbortController().signal,
      deadline: systemClock.now() + milliseconds,
      log: { log: () => undefined },
      clock: systemClock,
    }
  }

  async specify(changes: Partial<Pick<MachineSpec, 'source' | 'profile'>> = {}): Promise<MachineSpec> {
    this.#sequence += 1
    const source = this.#source
    if (source === undefined) throw new Error('the fixture is not open')
    const ref: MachineRef = {
      provider: this.options.provider,
      host: 'contract',
      run: this.#run,
      cell: 'c0ffee',
      arm: 'candidate',
      attempt: this.#sequence,
      name: `rz-${this.#run}-${this.#sequence}`,
      details: {},
    }
    // Sockets of a machine have short names alone.
    const folder = join(this.#root, `machine-${this.#sequence}`)
    await mkdir(folder)
    return { ref, source, profile: this.options.profile, folder, allowNetwork: false, ...changes }
  }

  async create(): Promise<Machine> {
    return this.keep(await this.provider.create(await this.specify(), this.context()))
  }

  /** Destroyed at the suite's end if no test does it. */
  keep(machine: Machine): Machine {
    this.#machines.push(machine)
    return machine
  }
}

/** All signals of a machine so far and to come, collected beside the test. */
export class SignalWatch {
  readonly seen: MachineSignal[] = []
  ended = false
  #change: () => void = () => undefined

  constructor(machine: Machine) {
    void (async () => {
      for await (const signal of machine.signals()) {
        this.seen.push(signal)
        this.#change()
      }
      this.ended = true
      this.#change()
    })()
  }

  /** Of one kind, from the mark on (see `mark`). */
  of<K extends MachineSignal['kind']>(kind: K, from = 0): Extract<MachineSignal, { kind: K }>[] {
    return this.seen
      .slice(from)
      .filter((signal): signal is Extract<MachineSignal, { kind: K }> => signal.kind === kind)
  }

  /** How many were seen so far. */
  mark(): number {
    return this.seen.length
  }

  /** Resolves when the condition holds, looked at after each signal. @throws DeadlineError naming `what` */
  async until(what: string, ctx: Context, condition: () => boolean): Promise<void> {
    await withDeadline(what, ctx, async (signal) => {
      while (!condition() && !signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#change = resolve
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      }
    })
  }
}
