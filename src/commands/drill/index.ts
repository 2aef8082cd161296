import { BaseCommand } from '../../cli/base-command.ts'
import { drillFlags } from '../../cli/drill-flags.ts'
import { exitCodeOfDecision } from '../../cli/exit-codes.ts'
import { interruption } from '../../cli/interruption.ts'
import { printKillTable } from '../../cli/print-kill-table.ts'
import { signerChoice } from '../../cli/signer-flags.ts'
import { terminalLog } from '../../cli/terminal-log.ts'
import { printDocument, printLine, printResult, terminalWidth } from '../../cli/terminal.ts'
import { drillDecision } from '../../model/drill.ts'

export default class Drill extends BaseCommand {
  static override summary =
    'Rehearse the gate with candidates that are known to be bad, and with their good twins'
  static override description =
    'Ends with 0 when each bad candidate is red for the right reason and each twin green; 1 when the gate is blind for a class or a twin is red; 3 when the lab failed. With --mutants it ends with 0 when at least 95 % of the mutants are killed, else with 1.'
  static override flags = drillFlags
  static override examples = [
    '<%= config.bin %> drill --matrix matrix.yaml --lab lab.yaml --policy policy.yaml',
    '<%= config.bin %> drill --only boot-loop --only protection-off',
    '<%= config.bin %> drill --mutants --policy policy.yaml',
  ]

  async run(): Promise<void> {
    const { flags } = await this.parse(Drill)
    if (flags.mutants) return this.finish(await printKillTable(flags))
    const [{ drillGate }, { formatDrill, formatDrillResult }] = await Promise.all([
      import('../../app/drill-gate.ts'),
      import('../../cli/format-drill.ts'),
    ])
    const { json, 'drill-dir': folder, only = [], mutants: _, runs: __, ...rest } = flags
    const drilled = await drillGate({
      ...rest,
      folder,
      only,
      signer: signerChoice(flags),
      signal: interruption,
      log: terminalLog,
      onResult: (result) => printLine(formatDrillResult(result)),
    })
    if (json) printDocument(drilled.receipt)
    else printResult(formatDrill(drilled.receipt, terminalWidth()).join('\n'))
    printLine(`drill folder: ${drilled.folder}`)
    this.finish(exitCodeOfDecision(drillDecision(drilled.receipt)))
  }
}
