/** Makes and destroys machines on one kind of host. */
import type { Clock, Instant } from '../kit/clock.ts'
import type { ImageManifest } from '../model/image.ts'
import type { MachineFragment, MachineProfile } from '../model/machine-profile.ts'
import type { MachineRef } from '../model/machine-ref.ts'
import type { OsName } from '../model/recipe.ts'
import type { Channel } from './channel.ts'
import type { Context } from './context.ts'
import type { GuestOs } from './guest-os.ts'
import type { ImageBuilder } from './image-builder.ts'
import type { Installer } from './installer.ts'

/** What a machine may have beyond its life: a facet that is there works. */
export const MACHINE_FACETS = [
  'screen',
  'serial',
  'offlineDisk',
  'safeBoot',
  'sealable',
  'savable',
] as const satisfies readonly (keyof Machine)[]

/** A screen that only a person could leave. */
export type StuckScreen = 'recovery' | 'bitlocker-recovery' | 'setup' | 'firmware'

/** Plain data that the planner matches before anything boots. */
export interface ProviderCapabilities {
  readonly os: readonly OsName[]
  /** Facets that its machines can have: layers of products need `sealable`, checkpoints `savable`. */
  readonly facets: readonly (typeof MACHINE_FACETS)[number][]
  /** Screens that only a person could leave and that its signals name; default none. */
  readonly stuckScreens?: readonly StuckScreen[]
  /** Marked in every record; a simulated run can never release. */
  readonly simulated: boolean
}

export interface HostFacts {
  /** For reports: versions, accelerator, host load. JSON-safe. */
  readonly facts: Readonly<Record<string, unknown>>
  /** What doctor prints: each thing that is missing, and the exact command that fixes it. */
  readonly findings: readonly HostFinding[]
}

export interface HostFinding {
  readonly id: string
  readonly state: 'ok' | 'missing' | 'degraded'
  readonly message: string
  /** Program and arguments that fix it, in order; shown as typed, run by `doctor --fix`. */
  readonly fix?: readonly (readonly string[])[]
  /** Debian package names, put together into one installation by doctor. */
  readonly packages?: readonly string[]
  /** Without it this provider cannot run at all. */
  readonly required: boolean
}

/** A built image or layer chain, as `lab/` hands it to a provider. */
export interface BootSource {
  /** sha256 that names the content of the whole chain. */
  readonly sha256: string
  readonly os: OsName
  /** Absolute path of the sealed disk; the provider lays a throw-away overlay on it and never writes to it. */
  readonly disk: string
  readonly diskFormat: 'qcow2' | 'raw' | 'vhdx'
  /** Direct kernel start, where the image uses one (linux-micro). */
  readonly kernel?: {
    readonly path: string
    /** Used instead of `path` when the firmware is UEFI. */
    readonly uefiPath?: string
    readonly initrd?: string
    readonly commandLine: string
    readonly safeCommandLine?: string
  }
  /** Where the guest keeps things; read from the dead machine's disk. */
  readonly partition?: 'whole-disk' | 'auto'
  readonly credentials?: NonNullable<ImageManifest['credentials']>
  /** By product of the layers: keys (`aspect item`) of what each brought, also of what its package does not name. */
  readonly owned?: Readonly<Record<string, readonly string[]>>
}

/** A running machine that was saved whole. Read-only; many machines can go on from it, side by side. */
export interface SavedState {
  /** Absolute; the disk at the instant of the save, on the same parents as the machine's own. */
  readonly disk: string
  readonly diskFormat: BootSource['diskFormat']
  /** Absolute; memory and devices. It holds all that was in the guest's memory, secrets too. */
  readonly memory: string
  /** Absolute; what else belongs to it, below the same folder. */
  readonly further?: readonly string[]
}

export interface MachineSpec {
  readonly ref: MachineRef
  readonly source: BootSource
  readonly profile: MachineProfile
  /** Absolute folder of this attempt's working files (overlay, sockets, serial log); made by the caller unless the provider is simulated, removed by destroy. */
  readonly folder: string
  readonly allowNetwork: boolean
  /** The cell's configuration and products, to be shown beside the machine; a real host decides nothing by them. */
  readonly configuration?: Readonly<Record<string, string>>
  readonly products?: readonly string[]
  /**
   * The machine's first start goes on from here, with the saved disk instead of the source's; later starts boot. Saved by
   * a machine of the same provider, source and profile.
   */
  readonly savedState?: SavedState
}

/** A fact seen from the host. `at` is the host's clock. */
export type MachineSignal = { readonly at: Instant } & (
  | {
      readonly kind: 'power'
      readonly state: 'running' | 'off' | 'paused' | 'saved' | 'critical'
      readonly cause: 'asked' | 'guest' | 'host'
    }
  /** One restart of the guest; bursts of the firmware's own resets are already folded into one. */
  | { readonly kind: 'reset'; readonly asked: boolean }
  | {
      readonly kind: 'crash'
      readonly mechanism: 'panic' | 'bugcheck' | 'triple-fault'
      readonly code?: string
      readonly parameters?: readonly string[]
      readonly text?: string
    }
  | { readonly kind: 'heartbeat'; readonly state: 'ok' | 'lost' | 'unknown' }
  | { readonly kind: 'agent'; readonly state: 'open' | 'closed' }
  | {
      readonly kind: 'milestone'
      readonly milestone: 'firmware' | 'loader' | 'kernel' | 'agent' | 'session' | 'services' | 'settled'
    }
  /** A screen that only a person could leave, read by the provider from host-side facts. */
  | {
      readonly kind: 'stuck'
      readonly where: StuckScreen
      readonly detail: string
    }
  /** The process or VM is gone without anybody asking: the host's fault. */
  | { readonly kind: 'host-fault'; readonly code: string; readonly message: string }
)

export interface Screen {
  /** PNG of what a person would see now. @throws AppError HOST_SCREEN */
  capture(ctx: Context): Promise<Buffer>
  /** The picture that the provider took by itself at the last crash, before the guest could restart; undefined when there was none. */
  lastCrash?(): Promise<Buffer | undefined>
}

export interface Serial {
  /** The last `maximumBytes` that the machine wrote to its serial line since it was created. */
  tail(maximumBytes: number): Promise<Buffer>
  /** Absolute path of the log on the host, for the collector. */
  readonly path: string
}

/** The disk of a machine that is off. Never changes the sealed disks below the overlay. */
export interface OfflineDisk {
  /** Copies guest files to the host; a path that does not exist is left out of the result. */
  read(guestPaths: readonly string[], localFolder: string, ctx: Context): Promise<ReadonlyMap<string, string>>
  /** Names in a guest folder; undefined when there is no such folder. */
  list(guestFolder: string, ctx: Context): Promise<readonly string[] | undefined>
  /** Replaces, adds or (with `content: undefined`) removes files, for the recovery ladder. */
  write(
    changes: readonly {
      readonly path: string
      readonly content: Buffer | undefined
      readonly mode?: number
    }[],
    ctx: Context,
  ): Promise<void>
}

export interface SafeBoot {
  /** Starts the powered-off machine in its safe mode (no third-party products); ordinary starts follow afterwards. */
  startSafe(ctx: Context): Promise<void>
}

export interface SealableDisk {
  /** Moves the disk of the powered-off machine to `destination` as a read-only file that builds on the same parents. The machine can only be destroyed afterwards. */
  seal(
    destination: string,
    ctx: Context,
  ): Promise<{ readonly path: string; readonly format: 'qcow2' | 'raw' | 'vhdx' }>
}

export interface SavableState {
  /**
   * Moves the running machine, disk and memory of one instant, into an empty folder as read-only files. The machine is off
   * then and can only be destroyed. @throws AppError HOST_CHECKPOINT with fault 'host'
   */
  save(folder: string, ctx: Context): Promise<SavedState>
}

/** What a provider says of saved machines before one is made; a provider without it restores none. */
export interface SavedStates {
  /** Reasons why a running machine of this profile cannot be saved and gone on from; empty when it can. */
  refuse(profile: MachineProfile, os: OsName): readonly string[]
  /** Names all of this host that a saved state depends on besides source and profile; one saved under another name is not restored. */
  identity(machine: Pick<MachineSpec, 'source' | 'profile'>, ctx: Context): Promise<string>
}

export interface Machine {
  /** `details` grows as they become known; the caller journals it after create. */
  readonly ref: MachineRef
  /** Resolves when the host says that it runs. */
  start(ctx: Context): Promise<void>
  /** Resolves when the host says that it is off, also if it was. `power` cuts the cord. */
  stop(how: 'guest' | 'power', ctx: Context): Promise<void>
  /** Tells the provider that the guest will restart because we asked it to, so that the next reset signal says `asked`. */
  expectRestart(): void
  /** All signals from create on, also those before the call; ends after destroy. Each call gets all of them. */
  signals(): AsyncIterable<MachineSignal>
  /** Resolves after a nonce came back from the guest; keeps trying until the deadline. @throws DeadlineError, ChannelLost when the machine is off or dead */
  connect(ctx: Context): Promise<Channel>
  /** Idempotent; leaves no process, socket, disk or VM. Has a deadline of its own inside ctx. */
  destroy(ctx: Context): Promise<void>
  readonly screen?: Screen
  readonly serial?: Serial
  readonly offlineDisk?: OfflineDisk
  readonly safeBoot?: SafeBoot
  readonly sealable?: SealableDisk
  readonly savable?: SavableState
}

/** Something that belongs to a host and not to a guest, built by `ringzero images build NAME` and, where it is missing, by a run. */
export interface HostImage {
  readonly name: string
  /** Builds it anew. @returns what names its content @throws AppError with fault 'host' */
  build(ctx: Context): Promise<string>
}

/** One thing that a provider relies on, looked at on a real host. */
export interface ProbeLine {
  readonly id: string
  readonly what: string
  readonly works: boolean
  /** What was seen, or why it does not work. */
  readonly detail: string
}

export interface Provider {
  readonly name: string
  readonly capabilities: ProviderCapabilities
  /** Looks, never changes the host. */
  inspectHost(ctx: Context): Promise<HostFacts>
  /** Reasons why this host cannot give this profile; empty when it can. Uses what inspectHost found. */
  refuse(profile: MachineFragment, os: OsName, ctx: Context): Promise<readonly string[]>
  readonly savedStates?: SavedStates
  /** What the host itself must hold before machines run, as the image of a container. */
  readonly hostImages?: readonly HostImage[]
  /** Present when golden images can be built on this host. */
  readonly images?: ImageBuilder
  /**
   * What speaks to the guests of this provider's machines, for machines that run no real operating system; absent: the
   * guest OS adapters that ship.
   */
  readonly guests?: ReadonlyMap<OsName, GuestOs>
  /** What installs on its machines; absent: the installers of the lab's plugins and those that ship. */
  readonly installers?: readonly Installer[]
  /** The time that its machines live in. A run whose hosts all bring a clock goes by the first one; otherwise by the system's. */
  readonly clock?: Clock
  /** The machine, powered off. Rejects ⇒ nothing is left behind. @throws AppError with fault 'host' */
  create(spec: MachineSpec, ctx: Context): Promise<Machine>
  /**
   * Makes one empty machine that carries this ref, looks at everything that the provider relies on, and destroys the
   * machine on every way out. `folder` is empty and the caller's to remove. Each thing gets a line, also what could not be
   * looked at. Rejects only when it was cancelled.
   */
  probe?(ref: MachineRef, folder: string, ctx: Context): Promise<readonly ProbeLine[]>
  /** Everything on this host that carries this run's mark ("any" for that of every run), running or not. */
  listMachines(run: string, ctx: Context): Promise<readonly MachineRef[]>
  /** The machine behind a ref of an earlier process, if it still exists and is provably ours; else undefined. */
  adopt(ref: MachineRef, ctx: Context): Promise<Machine | undefined>
}

/** How a plugin offers a provider: options are the host's `options` of lab.yaml, already JSON. */
export interface ProviderFactory {
  readonly name: string
  /** Every host of this provider is the computer that ringzero runs on, whole: a lab that names two is refused. */
  readonly isThisComputer?: boolean
  /** Values of `process.platform` on which doctor asks this provider where no lab is given. */
  readonly platforms?: readonly string[]
  /** @throws AppError fault 'user' naming the option that is wrong */
  open(host: {
    readonly name: string
    readonly options: Readonly<Record<string, unknown>>
    readonly stateFolder: string
    readonly secret: (name: string) => string
  }): Promise<Provider>
}
