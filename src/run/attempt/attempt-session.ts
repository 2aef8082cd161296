/** What the phases of one attempt share: its tools, its machine, and what is known of its starts. */
import type { Clock, Instant } from '../../kit/clock.ts'
import { AppError } from '../../model/errors.ts'
import type { OsName } from '../../model/recipe.ts'
import type { Plan } from '../../model/plan.ts'
import type { LoadedProduct } from '../../model/product.ts'
import type { Channel } from '../../sdk/channel.ts'
import type { Check } from '../../sdk/check.ts'
import type { Context } from '../../sdk/context.ts'
import type { GuestOs } from '../../sdk/guest-os.ts'
import type { Artifact, Installer, Target, UndoRecord } from '../../sdk/installer.ts'
import type { BootSource, Machine } from '../../sdk/provider.ts'
import type { AttemptLog } from './attempt-log.ts'
import type { CleanupStack } from './cleanup-stack.ts'
import type { CrashReporter } from './crash-reporter.ts'
import type { AttemptEvidence } from '../../record/evidence-store.ts'
import { MachineTrouble } from './machine-trouble.ts'
import type { CellCheckpoint, HostParts, RunParts } from '../run-parts.ts'
import type { Assignment } from '../schedule/scheduler-step.ts'
import type { MachineWatch } from './watch.ts'

/** A first start without any measurement yet. Emulated processors on a busy host boot tens of times slower than real ones. */
const COLD_BOOT_MS: Readonly<Record<OsName, number>> = { linux: 240_000, windows: 1_800_000 }
/** A later start may take three times the measured first one, and never less than this. */
const BOOT_FLOOR_MS: Readonly<Record<OsName, number>> = { linux: 60_000, windows: 300_000 }
const BOOT_FACTOR = 3
/** What the start of a checkpoint's machine took was measured beside other work: twice the allowance, until a start of this machine was. */
const SAVED_SLACK = 2
/** Deadlines of single questions are meant for a machine that boots in this time, and grow with slower ones. */
const ORDINARY_BOOT_MS = 10_000

/** The guest as it said of itself after its last settled start. */
export interface LastStart {
  readonly bootId: string
  readonly bootCount: number
  readonly ordinal: number
  /** When it settled. */
  readonly at: Instant
  /** It runs in its safe mode, where not everything is started: such a start need not say that it has ended. */
  readonly safe?: boolean
}

export interface AttemptSetup {
  readonly assignment: Assignment
  readonly plan: Plan
  readonly run: string
  readonly parts: RunParts
  readonly host: HostParts
  readonly os: GuestOs
  readonly log: AttemptLog
  readonly evidence: AttemptEvidence
  readonly cleanup: CleanupStack
  readonly products: readonly LoadedProduct[]
  readonly checks: readonly Check[]
  readonly secret: (name: string) => string
  /** Aborts when the person interrupts the run. */
  readonly signal: AbortSignal
  readonly keepFailed: boolean
}

export interface Watched {
  readonly machine: Machine
  readonly watch: MachineWatch
  readonly crashes: CrashReporter
}

/** The only owner of what changes in an attempt: phases read it, and change it by the methods that say what happened. */
export class AttemptSession {
  readonly setup: AttemptSetup
  readonly #memories = new Map<string, Map<string, unknown>>()
  #watched: Watched | undefined
  #guest: Channel | undefined
  #lastStart: LastStart | undefined
  #firstBootMs: number | undefined
  #candidateIn = false
  #undo: UndoRecord | undefined
  #checkpoint: CellCheckpoint | undefined
  #expectsDeaths = false
  #owned: NonNullable<BootSource['owned']> = {}

  constructor(setup: AttemptSetup) {
    this.setup = setup
  }

  get clock(): Clock {
    return this.setup.parts.clock
  }

  get isCandidate(): boolean {
    return this.setup.assignment.arm === 'candidate'
  }

  attach(watched: Watched): void {
    this.#watched = watched
  }

  /** @throws Error before provision made the machine */
  get watched(): Watched {
    if (this.#watched === undefined) throw new Error('this attempt has no machine yet')
    return this.#watched
  }

  get hasMachine(): boolean {
    return this.#watched !== undefined
  }

  /** The link to the guest, where there is one. */
  get guest(): Channel | undefined {
    return this.#guest
  }

  linked(guest: Channel): void {
    this.#guest = guest
  }

  /** Closes the link to the guest, if there is one; a link that is already dead is no news. */
  async unlink(): Promise<void> {
    const guest = this.#guest
    this.#guest = undefined
    await guest?.close().catch(() => undefined)
  }

  get lastStart(): LastStart | undefined {
    return this.#lastStart
  }

  /** A start has settled; `bootMs` is what it took where it was a start like others, not one from a checkpoint or in safe mode. */
  settled(start: LastStart, bootMs?: number): void {
    this.#lastStart = start
    this.#firstBootMs ??= bootMs
  }

  /** The next start is counted from this one; undefined: it is unknown what the guest counts from. */
  countFrom(start: LastStart | undefined): void {
    this.#lastStart = start
  }

  /** The machine starts from a disk that these products came on. */
  startsFrom(source: BootSource): void {
    this.#owned = source.owned ?? {}
  }

  /** By product: what came with its layer. */
  get owned(): NonNullable<BootSource['owned']> {
    return this.#owned
  }

  /** The first start goes on from a checkpoint. */
  goesOnFrom(checkpoint: CellCheckpoint): void {
    this.#checkpoint = checkpoint
  }

  get checkpoint(): CellCheckpoint | undefined {
    return this.#checkpoint
  }

  /** Called before the first byte of the candidate may touch the machine. */
  candidateArrives(): void {
    this.#candidateIn = true
  }

  get candidateIn(): boolean {
    return this.#candidateIn
  }

  /** How what was installed until now is taken out again. */
  rememberUndo(undo: UndoRecord): void {
    this.#undo = undo
  }

  get undo(): UndoRecord {
    return this.#undo ?? {}
  }

  /** Whether a machine that dies now is told by the phase that lets it, as in recovery and safe mode, and by nobody else. */
  expectDeaths(expected: boolean): void {
    this.#expectsDeaths = expected
  }

  get expectsDeaths(): boolean {
    return this.#expectsDeaths
  }

  /** A check's own memory over the moments. */
  memoryOf(check: string): Map<string, unknown> {
    let memory = this.#memories.get(check)
    if (memory === undefined) this.#memories.set(check, (memory = new Map()))
    return memory
  }

  /** A context of its own: not the clock of the step that failed. */
  context(milliseconds: number, signal: AbortSignal = this.setup.signal): Context {
    return { signal, deadline: this.clock.now() + milliseconds, log: this.setup.parts.log, clock: this.clock }
  }

  /** How long a start may take, by what the first start of this machine took, else that of its checkpoint's. */
  bootDeadlineMs(): number {
    const { name } = this.setup.os
    const from = (bootMs: number): number => Math.max(BOOT_FLOOR_MS[name], bootMs * BOOT_FACTOR)
    if (this.#firstBootMs !== undefined) return from(this.#firstBootMs)
    if (this.#checkpoint !== undefined) return SAVED_SLACK * from(this.#checkpoint.bootMs)
    return COLD_BOOT_MS[name]
  }

  /** A deadline for an ordinary machine, stretched for a slower one. */
  scaled(milliseconds: number): number {
    const boot = this.#firstBootMs ?? SAVED_SLACK * (this.#checkpoint?.bootMs ?? 0)
    return milliseconds * Math.max(1, boot / ORDINARY_BOOT_MS)
  }

  /** @throws MachineTrouble agent-lost when there is no link to the guest */
  target(): Target {
    if (this.#guest === undefined) throw new MachineTrouble('agent-lost', 'there is no link to the guest')
    return {
      guest: this.#guest,
      os: this.setup.os,
      secret: this.setup.secret,
      // Before the installer's first change: a machine that dies while it installs must still be undone.
      remember: async (undo) => {
        this.rememberUndo(undo)
      },
    }
  }

  /** The installer of the candidate's kind. @throws AppError fault 'user' when no plugin knows the kind */
  installer(): { readonly installer: Installer; readonly artifact: Artifact } {
    const artifact = this.setup.parts.artifactFor(this.setup.os.name)
    const installer = this.setup.host.installers.find(
      (entry) => entry.kinds.includes(artifact.kind) && entry.os.includes(this.setup.os.name),
    )
    if (installer === undefined)
      throw new AppError(
        'INSTALLER_UNKNOWN',
        'user',
        `nothing here can install a candidate of kind "${artifact.kind}" into ${this.setup.os.name}`,
        { hint: 'choose another kind, or load the plugin that brings this installer' },
      )
    return { installer, artifact }
  }
}
