/** The kill table of the built-in policy, the checks and the judge on the journals that ship. */
import { killMutants } from '../../../src/app/kill-mutants.ts'
import { formatKillTable } from '../../../src/cli/format-kill-table.ts'
import { killedShare } from '../../../src/model/kill-table.ts'
import type { BenchResult } from './bench-result.ts'

const [LEAST_SHARE, LEAST_MUTANTS] = [0.95, 300]

export async function mutants(): Promise<BenchResult> {
  const table = await killMutants({ policy: undefined, runs: [], signal: new AbortController().signal })
  const total = Object.values(table.counts).reduce((sum, count) => sum + count.mutants, 0)
  return {
    name: `at least ${100 * LEAST_SHARE} % of at least ${LEAST_MUTANTS} mutants of policy, checks and judge are killed`,
    passed: killedShare(table) >= LEAST_SHARE && total >= LEAST_MUTANTS,
    lines: formatKillTable(table, 120),
  }
}
