/** What `ringzero drill --mutants` says: which mutants of policy, checks and judge are seen in recorded journals. */

/** A change of the gate that makes it worse. */
export interface Mutant {
  /** Says where it is and what it does; the same from run to run. */
  readonly id: string
  readonly of: 'policy' | 'check' | 'judge'
  readonly what: string
}

export interface MutantResult extends Mutant {
  /** Name of the first journal that is judged otherwise with it; absent: it survived. */
  readonly killedBy?: string
  /** Of a survivor: the smallest journal that would kill it. */
  readonly wouldKill?: string
  /** Of a survivor: why no journal can kill it. */
  readonly explained?: string
}

export interface KillTable {
  readonly schema: 'ringzero/kill-table/1'
  readonly tool: string
  readonly policy: string
  /** Journals that the mutants were tried on. */
  readonly journals: number
  readonly counts: Readonly<
    Record<Mutant['of'], { readonly mutants: number; readonly killed: number; readonly explained: number }>
  >
  readonly survivors: readonly MutantResult[]
}

/** The share of all mutants that is killed, 1 where there are none. */
export function killedShare({ counts }: Pick<KillTable, 'counts'>): number {
  const sums = Object.values(counts)
  const mutants = sums.reduce((sum, count) => sum + count.mutants, 0)
  const killed = sums.reduce((sum, count) => sum + count.killed, 0)
  return mutants === 0 ? 1 : killed / mutants
}
