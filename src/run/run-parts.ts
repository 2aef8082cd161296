/** All that a run needs from outside, as one plain object: wiring makes it, `run/` and the use cases of a run take it. */
import type { Clock } from '../kit/clock.ts'
import type { LoadedCandidate } from '../model/candidate.ts'
import type { LabHost } from '../model/lab.ts'
import type { PlannedCell } from '../model/plan.ts'
import type { LoadedProduct } from '../model/product.ts'
import type { OsName } from '../model/recipe.ts'
import type { Check } from '../sdk/check.ts'
import type { Collector } from '../sdk/collector.ts'
import type { Context, Logger } from '../sdk/context.ts'
import type { GuestOs } from '../sdk/guest-os.ts'
import type { Artifact, Installer } from '../sdk/installer.ts'
import type { BootSource, Provider, SavedState } from '../sdk/provider.ts'

/** One host of the lab, opened, with what speaks to the guests on it and installs in them. */
export interface HostParts {
  readonly host: LabHost
  readonly provider: Provider
  readonly guests: ReadonlyMap<OsName, GuestOs>
  /** The first that knows the candidate's kind and the cell's guest OS is used. */
  readonly installers: readonly Installer[]
}

/** A settled machine that was saved while it ran, without the candidate. */
export interface CellCheckpoint {
  /** What it was booted from. */
  readonly source: BootSource
  readonly savedState: SavedState
  /** Content hash. */
  readonly sha256: string
  /** What the guest said of itself when it was saved. */
  readonly bootId: string
  readonly bootCount: number
  /** How long its own start took. */
  readonly bootMs: number
  /** A machine did not go on from it as it should: it is not used again. */
  invalidate(reason: string): Promise<void>
}

export interface RunParts {
  readonly toolVersion: string
  readonly hosts: readonly HostParts[]
  /** All that were loaded; the plan's `settings.checks` chooses among them by id. */
  readonly checks: readonly Check[]
  readonly collectors: readonly Collector[]
  readonly candidate: LoadedCandidate
  /** The candidate with its kind's default recipe for this guest OS filled in. @throws AppError fault 'user' when it has none */
  artifactFor(os: OsName): Artifact
  /** By id; every product that a cell names. */
  readonly products: ReadonlyMap<string, LoadedProduct>
  /**
   * Fetches or builds the sealed disk of a cell (image plus product layers) on a host; what is installed takes its secrets
   * from `secret`, so that the run can mask them. @throws AppError fault 'host'
   */
  sourceFor(
    cell: PlannedCell,
    host: string,
    ctx: Context,
    secret: (name: string) => string,
  ): Promise<BootSource>
  /**
   * The settled machine that a cell of the content lane goes on from on a host, saved once and then shared; needed for
   * cells whose start is "checkpoint". @throws AppError fault 'host'
   */
  checkpointFor?(
    cell: PlannedCell,
    host: string,
    ctx: Context,
    secret: (name: string) => string,
  ): Promise<CellCheckpoint>
  /** Content hashes of the checkpoints that are kept and good; absent: there are none. */
  checkpoints?(): Promise<ReadonlySet<string>>
  /** Content hash of an image as this run starts from it; undefined while it is not built, or when it was built anew meanwhile. */
  imageContent(image: string): Promise<string | undefined>
  /** Value of a secret of lab.yaml. What it returned is masked in everything the run writes. @throws AppError fault 'user' */
  secret(name: string): string
  /**
   * All secrets of lab.yaml that can be had now, with the names of the others. They are masked from the beginning: a product
   * in a layer that is there already knows its own, and it is not asked for. Absent: the lab has none.
   */
  readableSecrets?(): { readonly values: readonly string[]; readonly missing: readonly string[] }
  /** Absolute folder of images, layers, cached controls and the records of live runs. */
  readonly storeFolder: string
  readonly clock: Clock
  readonly log: Logger
}
