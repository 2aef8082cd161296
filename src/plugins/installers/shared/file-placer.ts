/** Putting single files of a guest in place, whole or not at all: what differs from system to system. */
import type { Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'

/** What stands at a path before we touch it. */
export interface PlaceState {
  readonly kind: 'file' | 'absent' | 'folder' | 'link' | 'other'
  /** Octal, as `0644`; absent where the system has none. */
  readonly mode?: string
  readonly owner?: string
  readonly size: number
  /** How many of its parent folders do not exist. */
  readonly missingFolders: number
}

export interface Placement {
  /** A file of the guest. */
  readonly from: string
  readonly to: string
  readonly mode?: string
  readonly owner?: string
}

/** All methods reject with InstallStepFailed when the guest refuses; ChannelLost and DeadlineError are passed on. */
export interface FilePlacer {
  look(paths: readonly string[], guest: Channel, ctx: Context): Promise<readonly PlaceState[]>
  /** Keeps a copy that survives a restart; returns its guest path. `key` is unique among the copies of one artifact. */
  keep(path: string, key: string, guest: Channel, ctx: Context): Promise<string>
  /** Each file is replaced in one step and is on the disk when this resolves. */
  place(placements: readonly Placement[], guest: Channel, ctx: Context): Promise<void>
  /** Removes files and, if then empty, so many of their parent folders. */
  drop(
    files: readonly { readonly path: string; readonly folders: number }[],
    guest: Channel,
    ctx: Context,
  ): Promise<void>
  /** Where a crash in the middle of `place` can leave half a file. */
  leftOver(path: string): string
}
