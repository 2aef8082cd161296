import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { printDocument, printResult, terminalWidth } from '../cli/terminal.ts'

export default class Coverage extends BaseCommand {
  static override summary =
    'Show which value combinations a run covered on passing cells, and the share of your fleet'
  static override args = { run: Args.string({ required: true, description: 'folder of the run' }) }
  static override flags = {
    json: jsonFlag,
    fleet: Flags.string({ description: 'CSV file of your fleet: one row per machine, one column per axis' }),
  }
  static override examples = ['<%= config.bin %> coverage runs/20261122T195200Z-4f1c --fleet fleet.csv']

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Coverage)
    const [{ coverRun }, { formatCoverage }] = await Promise.all([
      import('../app/cover-run.ts'),
      import('../cli/format-coverage.ts'),
    ])
    const coverage = await coverRun(args.run, flags.fleet)
    if (flags.json) printDocument(coverage)
    else printResult(formatCoverage(coverage, terminalWidth()).join('\n'))
  }
}
