import { Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { printDocument, printLine, printResult, terminalWidth } from '../cli/terminal.ts'
import { databaseFlag } from '../cli/worker-flags.ts'

export default class Fleet extends BaseCommand {
  static override summary = 'Show the workers, what runs on their hosts, and why something waits'
  static override flags = {
    json: jsonFlag,
    metrics: Flags.boolean({ description: 'print OpenMetrics text to standard output', exclusive: ['json'] }),
    ...databaseFlag,
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Fleet)
    const [{ viewFleet }, { databaseUrl }, { formatFleet }, { formatOpenMetrics }] = await Promise.all([
      import('../app/view-fleet.ts'),
      import('../inputs/database-url.ts'),
      import('../cli/format-fleet.ts'),
      import('../fleet/fleet-document.ts'),
    ])
    const fleet = await viewFleet(databaseUrl(flags['database-url'], process.env))
    if (flags.json) printDocument(fleet)
    else if (flags.metrics) printResult(formatOpenMetrics(fleet))
    else for (const line of formatFleet(fleet, terminalWidth())) printLine(line)
  }
}
