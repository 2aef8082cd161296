import { Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../../cli/base-command.ts'
import { exitCodeOfDecision } from '../../cli/exit-codes.ts'
import { interruption } from '../../cli/interruption.ts'
import { signerChoice, signerFlags } from '../../cli/signer-flags.ts'
import { terminalLog } from '../../cli/terminal-log.ts'
import { printDocument, printLine, printResult, terminalWidth } from '../../cli/terminal.ts'
import { drillDecision } from '../../model/drill.ts'

export default class Drill extends BaseCommand {
  static override summary =
    'Rehearse the gate with candidates that are known to be bad, and with their good twins'
  static override description =
    'Ends with 0 when each bad candidate is red for the right reason and each twin green; 1 when the gate is blind for a class or a twin is red; 3 when the lab failed.'
  static override flags = {
    json: jsonFlag,
    matrix: Flags.string({ default: 'matrix.yaml', description: 'path to the matrix file' }),
    lab: Flags.string({ default: 'lab.yaml', description: 'path to the lab file' }),
    policy: Flags.string({ description: 'path to the gate policy (default: the built-in policy)' }),
    full: Flags.boolean({
      default: false,
      description: 'run each candidate on the whole matrix, not on one cell',
    }),
    only: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'scenario or symptom class to rehearse alone; repeat it for several',
    }),
    files: Flags.string({ description: 'folder with files that scenarios need and nobody may ship' }),
    ...signerFlags,
    'drill-dir': Flags.string({ description: 'folder to create for the drill (default: drills/<id>)' }),
  }
  static override examples = [
    '<%= config.bin %> drill --matrix matrix.yaml --lab lab.yaml --policy policy.yaml',
    '<%= config.bin %> drill --only boot-loop --only protection-off',
  ]

  async run(): Promise<void> {
    const { flags } = await this.parse(Drill)
    const [{ drillGate }, { formatDrill, formatDrillResult }] = await Promise.all([
      import('../../app/drill-gate.ts'),
      import('../../cli/format-drill.ts'),
    ])
    const { json, 'drill-dir': folder, only = [], ...rest } = flags
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
