/** The language spoken inside a guest: questions that every operating system can answer, in one shape. */
import type { Instant } from '../kit/clock.ts'
import type { Aspect } from '../model/observation.ts'
import type { OsName } from '../model/recipe.ts'
import type { Channel } from './channel.ts'
import type { Context } from './context.ts'
import type { WindowsGuest } from './windows-guest.ts'

/** All strings are already bounded and printable. */
export interface BootFacts {
  /** Changes with each start. */
  readonly bootId: string
  /** Starts counted by the guest itself since the disk was made. */
  readonly bootCount: number
  readonly uptimeSeconds: number
  readonly mode: 'normal' | 'safe' | 'recovery'
  /** The system says that its start has ended. */
  readonly finished: boolean
  /** A setup of the system itself that has not ended, in its own words; no work is possible before it has. */
  readonly setup?: string
  readonly kernel: string
  readonly build: string
  readonly pendingRestart: readonly string[]
}

export interface ServiceFact {
  readonly name: string
  readonly state: 'running' | 'stopped' | 'failed' | 'starting'
  /** Whether it should run by itself. */
  readonly wanted: boolean
  readonly restarts: number
}

export interface ResourceFacts {
  readonly memoryUsedMiB: number
  readonly memoryTotalMiB: number
  /** Kernel memory that cannot be paged (slab on Linux, non-paged pool on Windows). */
  readonly kernelMemoryMiB: number
  readonly diskUsedMiB: number
  readonly diskTotalMiB: number
  /** Share of all processors busy since the last question, 0 … 1. */
  readonly cpuBusy: number
  readonly processes: number
  readonly handles: number
}

export interface LogEntry {
  readonly level: 'critical' | 'error' | 'warning'
  readonly provider: string
  readonly eventId: string
  readonly message: string
  readonly count: number
}

export interface CrashRecord {
  readonly mechanism: 'panic' | 'bugcheck' | 'watchdog'
  readonly title: string
  readonly code?: string
  readonly parameters?: readonly string[]
  readonly module?: string
  /** What the code and its parameters mean, where the system's maker says so. */
  readonly explanation?: string
  /** Path of the dump or crash log inside the guest. */
  readonly path?: string
}

export interface FileFact {
  readonly sha256: string
  readonly size: number
}

/** One thing that the machine consists of; equal traits mean that nothing happened to it. */
export interface FingerprintItem {
  readonly aspect: Aspect
  /** Absolute path, or a name that says what it is, as `user:alice`. Unique within its aspect. */
  readonly item: string
  /** `content` (a hash), `mode`, `owner`, `access`, `type`, `value`: printable and at most 200 characters each. */
  readonly traits: Readonly<Record<string, string>>
}

/** What a machine is at one instant. */
export interface Fingerprint {
  readonly items: readonly FingerprintItem[]
  /** Items that were left out; a cut fingerprint never proves that something is gone or new. */
  readonly cut: number
  /** The guest's clock. */
  readonly clock: Instant
  /** Milliseconds since the guest started, on its clock that nobody can set, read in the same moment. */
  readonly sinceStartMs?: number
}

/** A user who never was on the machine, signed in and forgotten again. */
export interface FirstLogon {
  /** `refused`: no account could be made, so that nobody could sign in. */
  readonly outcome: 'signed-in' | 'failed' | 'refused'
  readonly milliseconds: number
  /** Why not; empty when it signed in. */
  readonly detail: string
  /** What of the account could not be taken away again. */
  readonly left: readonly string[]
}

/** property name → what the guest shows, as `cpu.count`: "2", `disk.bus`: "nvme", `firmware`: "uefi", `memoryMiB`: "512". */
export type MeasuredProfile = Readonly<Record<string, string>>

export interface GuestOs {
  readonly name: OsName
  /** All probes reject with ChannelLost or DeadlineError when the guest does not answer, and with AppError GUEST_PROBE when an answer cannot be read. */
  boot(guest: Channel, ctx: Context): Promise<BootFacts>
  services(guest: Channel, ctx: Context): Promise<readonly ServiceFact[]>
  /** Loaded kernel modules or drivers, name → version or signer. */
  drivers(guest: Channel, ctx: Context): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>
  /** Hashes; a path that does not exist is left out. Folders are read recursively, at most `maximumFiles` in all; `cut` counts the rest. */
  files(
    paths: readonly string[],
    guest: Channel,
    ctx: Context,
    maximumFiles?: number,
  ): Promise<{ readonly files: ReadonlyMap<string, FileFact>; readonly cut: number }>
  /** Paths whose content must not change by itself: the system's critical files. */
  systemFiles(): readonly string[]
  /**
   * Everything that a program could leave changed: files of the system and of products with hash, owner and permissions,
   * autostarts, trust, accounts, names, network, settings. `exact`: paths whose content is hashed in any case. Meant to take
   * 10 s at most. A guest OS without it is not looked at as a whole.
   */
  fingerprint?(exact: readonly string[], guest: Channel, ctx: Context): Promise<Fingerprint>
  resources(guest: Channel, ctx: Context): Promise<ResourceFacts>
  /** Critical, error and warning entries since the bookmark (undefined: since this start), and the next bookmark. */
  events(
    bookmark: string | undefined,
    guest: Channel,
    ctx: Context,
  ): Promise<{ readonly entries: readonly LogEntry[]; readonly bookmark: string; readonly cut: number }>
  /** Crash records that the guest itself kept. */
  crashes(guest: Channel, ctx: Context): Promise<readonly CrashRecord[]>
  profile(guest: Channel, ctx: Context): Promise<MeasuredProfile>
  /** Loopback works, names resolve where there is a network, interfaces up. */
  network(
    guest: Channel,
    ctx: Context,
  ): Promise<{ readonly loopback: boolean; readonly interfaces: readonly string[]; readonly detail: string }>
  /** Starts and answers a trivial program, measured: "applications start". */
  launch(
    guest: Channel,
    ctx: Context,
  ): Promise<{ readonly ok: boolean; readonly milliseconds: number; readonly detail: string }>
  /**
   * Makes an account as none was before it, opens a session of it as a logon does, with a home and a profile of its own, and
   * takes all of it away again, also what an interrupted look left. Undefined where a machine has no accounts of its own. A
   * guest OS without it signs nobody in.
   */
  firstLogon?(guest: Channel, ctx: Context): Promise<FirstLogon | undefined>
  restartService(
    name: string,
    guest: Channel,
    ctx: Context,
  ): Promise<{ readonly ok: boolean; readonly detail: string }>
  /** Sets the guest's clock, as after its machine went on from a checkpoint; returns what it shows then. */
  setClock?(at: Instant, guest: Channel, ctx: Context): Promise<Instant>
  /** Asks the system to restart or to shut down in an orderly way; returns as soon as it agreed. */
  restart(guest: Channel, ctx: Context): Promise<void>
  shutdown(guest: Channel, ctx: Context): Promise<void>
  /** A new empty folder of the guest for files in transit. */
  transferFolder(guest: Channel, ctx: Context): Promise<string>
  removePath(path: string, guest: Channel, ctx: Context): Promise<void>
  joinPath(...parts: readonly string[]): string
  /** Files worth saving from a disk that no longer boots: event log, crash records, install logs. */
  forensicPaths(): readonly string[]
  /** Reads what `forensicPaths` brought (guest path → local path) into facts. */
  readForensics(files: ReadonlyMap<string, string>): Promise<{
    readonly crashes: readonly CrashRecord[]
    readonly entries: readonly LogEntry[]
    readonly bootCount: number | undefined
  }>
  /** Names a crash from serial text, if it shows one. */
  readSerialCrash(serial: string):
    | {
        readonly title: string
        readonly module?: string
        readonly function?: string
        readonly excerpt: string
      }
    | undefined
  /** Names and explains a crash code that the host saw, where the system has such codes. */
  explainCrash?(
    code: string,
    parameters: readonly string[],
  ): { readonly code: string; readonly title: string; readonly explanation: string }
  /** Present on Windows alone. */
  readonly windows?: WindowsGuest
}
