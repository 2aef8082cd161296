/** `ringzero drill --mutants`: tries them and prints the table. */
import { killedShare } from '../model/kill-table.ts'
import type { ExitCode } from './exit-codes.ts'
import { interruption } from './interruption.ts'
import { printDocument, printResult, terminalWidth } from './terminal.ts'

/** Below this share the gate is not known to notice what goes wrong with it. */
const ENOUGH = 0.95

/** @returns 0 where enough mutants are killed, else 1 */
export async function printKillTable({
  policy,
  runs = [],
  json,
}: {
  readonly policy: string | undefined
  readonly runs?: readonly string[] | undefined
  readonly json: boolean
}): Promise<ExitCode> {
  const [{ killMutants }, { formatKillTable }] = await Promise.all([
    import('../app/kill-mutants.ts'),
    import('./format-kill-table.ts'),
  ])
  const table = await killMutants({ policy, runs, signal: interruption })
  if (json) printDocument(table)
  else printResult(formatKillTable(table, terminalWidth()).join('\n'))
  return killedShare(table) >= ENOUGH ? 0 : 1
}
