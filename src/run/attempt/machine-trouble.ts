/** Thrown through a phase when the machine under it stopped being what the phase needs. Not an error of the program: a symptom. */

export type TroubleKind =
  | 'crash'
  | 'reset'
  | 'power-off'
  | 'stuck'
  /** The link to the guest is gone or silent while the host says that the machine runs. */
  | 'agent-lost'
  /** It did not come up in time. */
  | 'deadline'
  /** It answers as before, although it was asked to restart. */
  | 'restart-ignored'
  /** The host took the machine away: the guest is not to blame. */
  | 'host-fault'

export class MachineTrouble extends Error {
  readonly kind: TroubleKind
  /** For host-fault: the provider's code. */
  readonly code: string | undefined
  /** Number of the start that it ended, where the host saw it; the machine may be in a later one by now. */
  readonly ordinal: number | undefined

  constructor(
    kind: TroubleKind,
    message: string,
    more: { readonly code?: string; readonly ordinal?: number } = {},
  ) {
    super(message)
    this.name = 'MachineTrouble'
    this.kind = kind
    this.code = more.code
    this.ordinal = more.ordinal
  }
}
