/** What a PowerShell Direct channel needs from the host that runs the machine. */
import type { Context } from '../../../sdk/context.ts'

/** One run of a `.ps1` file on the host. */
export interface LinkCall {
  readonly script: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly secrets?: Readonly<Record<string, string>>
}

/** A PowerShell session of the host that this channel has for itself: the link to the guest lives in it. */
export interface LinkSession {
  readonly dead: boolean
  /** @throws an Error with a string member `id` when the script failed; it is the script's error id */
  call(call: LinkCall, ctx: Context): Promise<unknown>
  kill(): void
}

export interface LinkTarget {
  /** The VM's GUID. */
  readonly machine: string
  readonly user: string
  readonly password: string
  openSession(): LinkSession
  /** Aborts, with a ChannelLost as its reason, when the machine stops or restarts. */
  readonly gone: AbortSignal
}

/** The script's error id; undefined for anything that is not a script's failure. */
export function linkErrorId(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'ScriptError' || !('id' in error)) return undefined
  return typeof error.id === 'string' ? error.id : undefined
}
