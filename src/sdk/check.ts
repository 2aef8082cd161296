/** Code that looks. It reports facts, it never decides. */
import type { Instant } from '../kit/clock.ts'
import type { LoadedCandidate } from '../model/candidate.ts'
import type { MachineProfile } from '../model/machine-profile.ts'
import type { Fact } from '../model/observation.ts'
import type { Arm, Moment, Phase } from '../model/phase.ts'
import type { LoadedProduct, RoleUse } from '../model/product.ts'
import type { OsName } from '../model/recipe.ts'
import type { SymptomClass } from '../model/symptom.ts'
import type { Target } from './installer.ts'
import type { Context } from './context.ts'

export interface CheckTarget extends Target {
  readonly arm: Arm
  readonly moment: Moment
  readonly phase: Phase
  readonly profile: MachineProfile
  readonly products: readonly LoadedProduct[]
  /** By product: keys (`aspect item`) of what came with it, as the difference of its layer showed. */
  readonly owned?: Readonly<Record<string, readonly string[]>>
  /** How the matrix says that this machine is used, besides what its products say. */
  readonly uses?: readonly RoleUse[]
  /** Absent on the control arm. */
  readonly candidate?: LoadedCandidate
  /** A check's own memory over the moments of one attempt (JSON-safe), empty at the first. */
  readonly memory: Map<string, unknown>
  /** How many starts this attempt has seen so far. */
  readonly starts: number
  /** When the machine started last, by the context's clock. */
  readonly startedAt: Instant
}

export interface Check {
  /** `boot-facts`; a plugin's carry its name: `acme/queue-depth`. */
  readonly id: string
  readonly title: string
  /** What it misses by design, as an object of "it cannot see": the reference page of the checks says so. */
  readonly cannotSee?: string
  readonly moments: readonly Moment[]
  readonly os: readonly OsName[]
  /** What the judge can make of its facts; `coverage --incidents` counts on it. Default: nothing that is known. */
  readonly shows?: readonly SymptomClass[]
  /** A check that is needed and could not look keeps the cell from passing. Default true. */
  readonly needed?: boolean
  /** How long one look may take on a machine of usual speed. Default 60. */
  readonly seconds?: number
  /**
   * `safe`: looks at the machine in its safe mode, once, at the moment `after-soak`. The run starts it so where the provider can, and as
   * usual afterwards, which takes two more starts; elsewhere the check does not look, so it should not be `needed`.
   */
  readonly start?: 'safe'
  /** Looks once. What cannot be looked at is a `blind` fact. A rejection is the plugin's fault; ChannelLost and DeadlineError are passed on. */
  run(target: CheckTarget, ctx: Context): Promise<readonly Fact[]>
}
