/** From what was tried to the table that people read. Pure. */
import type { KillTable, Mutant, MutantResult } from '../../model/kill-table.ts'

const KINDS = ['policy', 'check', 'judge'] as const

/** Sums the results up; survivors in their order, those without an explanation first. */
export function killTable(
  results: readonly MutantResult[],
  { tool, policy, journals }: Pick<KillTable, 'tool' | 'policy' | 'journals'>,
): KillTable {
  const count = (of: Mutant['of']): KillTable['counts'][Mutant['of']] => {
    const mine = results.filter((result) => result.of === of)
    return {
      mutants: mine.length,
      killed: mine.filter(({ killedBy }) => killedBy !== undefined).length,
      explained: mine.filter(({ explained }) => explained !== undefined).length,
    }
  }
  const [policyCount, checkCount, judgeCount] = KINDS.map(count) as [
    KillTable['counts']['policy'],
    KillTable['counts']['check'],
    KillTable['counts']['judge'],
  ]
  return {
    schema: 'ringzero/kill-table/1',
    tool,
    policy,
    journals,
    counts: { policy: policyCount, check: checkCount, judge: judgeCount },
    survivors: results
      .filter(({ killedBy }) => killedBy === undefined)
      .toSorted((a, b) => Number(a.explained !== undefined) - Number(b.explained !== undefined)),
  }
}
