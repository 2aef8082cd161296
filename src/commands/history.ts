import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { interruption } from '../cli/interruption.ts'
import { printDocument, printLine, printResult, terminalWidth } from '../cli/terminal.ts'

export default class HistoryCommand extends BaseCommand {
  static override summary =
    'Show many runs together: failures by first and last seen, flaky machines, coverage'
  static override description =
    'Reads the files of the runs, no database. A run is read from its report; where that is missing, older than the journal or of another version, the journal is judged anew.'
  static override args = {
    runs: Args.string({ required: true, description: 'folders of runs, or folders that hold runs' }),
  }
  static override strict = false
  static override flags = {
    json: jsonFlag,
    html: Flags.string({ description: 'write one page over all runs to this new file' }),
  }
  static override examples = ['<%= config.bin %> history runs --html history.html']

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(HistoryCommand)
    const [{ readHistory }, { formatHistory }, { writeHistoryPage }, { checkPageTarget }] = await Promise.all(
      [
        import('../app/read-history.ts'),
        import('../cli/format-history.ts'),
        import('../app/write-history-page.ts'),
        import('../app/check-page-target.ts'),
      ],
    )
    if (flags.html !== undefined) await checkPageTarget(flags.html)
    const history = await readHistory(argv.map(String), interruption)
    const page = flags.html === undefined ? undefined : await writeHistoryPage(flags.html, history)
    if (flags.json) printDocument(history)
    else printResult(formatHistory(history, terminalWidth()).join('\n'))
    if (page !== undefined) printLine(`page: ${page}`)
  }
}
