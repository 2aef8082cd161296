/**
 * The life of one lease: an attempt that is offered to a host, held by its worker, and has one end. Pure; the database does the same
 * in transactions (lease-store.ts), and a test holds the two against each other.
 */

/** offered: waits at its host. held: its worker runs it. ended: its whole result is there. lost, withdrawn: it has none and never will. */
export type LeaseState = 'offered' | 'held' | 'ended' | 'lost' | 'withdrawn'

export interface Lease {
  readonly state: LeaseState
  /** Its machine may exist: it takes its share of the host. */
  readonly occupied: boolean
  /** Lines of its journal that were accepted: always the first so many, each once. */
  readonly lines: number
}

export type LeaseStep =
  | { readonly kind: 'take' }
  | { readonly kind: 'beat' }
  /** Lines `from` … `from + count - 1`; with the last one the attempt has ended and its machine is gone. */
  | { readonly kind: 'deliver'; readonly from: number; readonly count: number; readonly last: boolean }
  /** Its worker was silent for longer than the longest legal silence, or gives it up. */
  | { readonly kind: 'lose' }
  /** The coordinator takes it back before it was started. */
  | { readonly kind: 'withdraw' }
  /** A person cancels the run. */
  | { readonly kind: 'cancel' }
  /** Its worker, or the next process of its worker, says that its machine is gone. */
  | { readonly kind: 'free' }

export const OFFERED: Lease = { state: 'offered', occupied: true, lines: 0 }

/** The lease after a step, and whether the step was accepted; a refused step changes nothing. */
export function stepLease(
  lease: Lease,
  step: LeaseStep,
): { readonly lease: Lease; readonly accepted: boolean } {
  const refused = { lease, accepted: false }
  const becomes = (change: Partial<Lease>): typeof refused => ({
    lease: { ...lease, ...change },
    accepted: true,
  })
  switch (step.kind) {
    case 'take':
      return lease.state === 'offered' ? becomes({ state: 'held' }) : refused
    case 'beat':
      return lease.state === 'held' ? becomes({}) : refused
    case 'deliver': {
      // Told again after an answer that was lost on its way: known lines change nothing.
      if (lease.state !== 'held' || step.from > lease.lines) return refused
      const lines = Math.max(lease.lines, step.from + step.count)
      return step.last ? becomes({ lines, state: 'ended', occupied: false }) : becomes({ lines })
    }
    case 'lose':
      // Its machine may still run there: the share stays taken until its worker frees it.
      return lease.state === 'held' ? becomes({ state: 'lost' }) : refused
    case 'withdraw':
      return lease.state === 'offered' ? becomes({ state: 'withdrawn', occupied: false }) : refused
    case 'cancel':
      if (lease.state === 'offered') return becomes({ state: 'withdrawn', occupied: false })
      return lease.state === 'held' ? becomes({ state: 'withdrawn' }) : refused
    case 'free':
      return lease.state !== 'offered' && lease.state !== 'held' && lease.occupied
        ? becomes({ occupied: false })
        : refused
  }
}
