/** Makes a machine of a report again, shows how it goes, and says what came of it. */
import { reproduceCell, type ReproduceRequest } from '../app/reproduce-cell.ts'
import { formatReproduction, reproductionCode, reproductionDocument } from './format-reproduction.ts'
import { interruption } from './interruption.ts'
import { openRunView } from './progress/run-view.ts'
import { terminalLog } from './terminal-log.ts'
import { printDocument, printLine, printResult } from './terminal.ts'

/** @returns the exit code */
export async function reproduceAndTell(request: ReproduceRequest, json: boolean): Promise<number> {
  const reproduced = await reproduceCell(request, {
    signal: interruption,
    log: terminalLog,
    policy: undefined,
    keepGoing: true,
    keepFailed: false,
    watch: (plan) => openRunView(plan),
  })
  if (json) printDocument(reproductionDocument(reproduced))
  else printResult(formatReproduction(reproduced).join('\n'))
  for (const name of reproduced.outcome.leftBehind)
    printLine(`warning: left behind: ${name}; run ringzero sweep`)
  return reproductionCode(reproduced)
}
