/** Puts one kind of package into a guest, proves it, takes it out. */
import type { FactOf } from '../model/observation.ts'
import type { OsName, Recipe } from '../model/recipe.ts'
import type { GuestCommand } from '../model/command.ts'
import type { Channel } from './channel.ts'
import type { Context } from './context.ts'
import type { GuestOs } from './guest-os.ts'

/** What is installed: a candidate or a product. */
export interface Artifact {
  readonly id: string
  readonly kind: string
  readonly release: string
  /** Absolute folder on the host. */
  readonly folder: string
  readonly files: readonly { readonly path: string; readonly sha256: string }[]
  readonly main?: string
  readonly recipe: Recipe
}

export interface Target {
  readonly guest: Channel
  readonly os: GuestOs
  readonly secret: (name: string) => string
  /**
   * Keeps what undoes the installation; an installer calls and awaits it before its first change, so that a machine
   * that dies in the middle of `apply` (which then rejects and returns no record) can still be undone.
   */
  readonly remember?: (undo: UndoRecord) => Promise<void>
}

export type InstallFactOf = FactOf<'install'>

/** What the installer must remember to undo it, kept in the journal and on the host: JSON-safe. */
export type UndoRecord = Readonly<Record<string, unknown>>

export interface Installer {
  readonly kinds: readonly string[]
  readonly os: readonly OsName[]
  /** Copies the files, checks their hashes again inside the guest, installs. An exit code is decoded, never thrown. */
  apply(
    artifact: Artifact,
    target: Target,
    ctx: Context,
  ): Promise<{ readonly fact: InstallFactOf; readonly restartDue: boolean; readonly undo: UndoRecord }>
  /**
   * Goes on with an installation whose own command restarted the machine, after that start has settled; `undo` is what was
   * remembered last. Only called where the recipe's `reboot` allows a restart.
   */
  resume?(
    artifact: Artifact,
    undo: UndoRecord,
    target: Target,
    ctx: Context,
  ): Promise<{ readonly fact: InstallFactOf; readonly restartDue: boolean; readonly undo: UndoRecord }>
  /** Is it really there, now? After an `apply` with `restartDue` it is not asked before that restart. */
  verify(artifact: Artifact, target: Target, ctx: Context): Promise<readonly FactOf<'expectation'>[]>
  remove(
    artifact: Artifact,
    undo: UndoRecord,
    target: Target,
    ctx: Context,
  ): Promise<{ readonly fact: InstallFactOf; readonly restartDue: boolean }>
  /** File changes that undo it on the disk of a machine that no longer boots, if that is possible for this kind. */
  offlineUndo?(
    artifact: Artifact,
    undo: UndoRecord,
  ): readonly { readonly path: string; readonly content: Buffer | undefined; readonly mode?: number }[]
  /** Runs the recipe’s stimuli: the installed thing must be exercised, not only loaded. */
  stimulate?(
    commands: readonly GuestCommand[],
    target: Target,
    ctx: Context,
  ): Promise<readonly InstallFactOf[]>
}
