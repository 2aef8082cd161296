import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { interruption } from '../cli/interruption.ts'
import { terminalLog } from '../cli/terminal-log.ts'
import { printDocument, printResult, terminalWidth } from '../cli/terminal.ts'

export default class Coverage extends BaseCommand {
  static override summary =
    'Show which value combinations a run covered on passing cells, and the share of your fleet'
  static override args = {
    run: Args.string({
      required: true,
      description: 'folder of the run; with --incidents the path to a matrix file',
    }),
  }
  static override flags = {
    json: jsonFlag,
    fleet: Flags.string({ description: 'CSV file of your fleet: one row per machine, one column per axis' }),
    incidents: Flags.boolean({
      description: 'show which known incidents of the past the plan of a matrix would have shown',
      exclusive: ['fleet'],
    }),
    lab: Flags.string({
      description: 'path to the lab file, whose hosts and products decide what can be seen',
      dependsOn: ['incidents'],
    }),
  }
  static override examples = [
    '<%= config.bin %> coverage runs/20261122T195200Z-4f1c --fleet fleet.csv',
    '<%= config.bin %> coverage matrices/windows-endpoint.yaml --incidents',
  ]

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Coverage)
    if (flags.incidents) {
      const { coverIncidentsOf } = await import('../app/cover-incidents.ts')
      const report = await coverIncidentsOf(args.run, flags.lab, interruption, terminalLog)
      if (flags.json) return printDocument(report)
      const { formatIncidents } = await import('../cli/format-incidents.ts')
      return printResult(formatIncidents(report, terminalWidth()).join('\n'))
    }
    const [{ coverRun }, { formatCoverage }] = await Promise.all([
      import('../app/cover-run.ts'),
      import('../cli/format-coverage.ts'),
    ])
    const coverage = await coverRun(args.run, flags.fleet)
    if (flags.json) printDocument(coverage)
    else printResult(formatCoverage(coverage, terminalWidth()).join('\n'))
  }
}
