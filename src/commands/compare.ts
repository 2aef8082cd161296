import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { printDocument, printLine, printResult, terminalWidth } from '../cli/terminal.ts'

export default class Compare extends BaseCommand {
  static override summary = 'Show what broke, what was fixed and what changed between two runs'
  static override args = {
    before: Args.string({ required: true, description: 'folder of the earlier run' }),
    after: Args.string({ required: true, description: 'folder of the later run' }),
  }
  static override flags = {
    json: jsonFlag,
    policy: Flags.string({ description: 'path to the gate policy (default: the built-in policy)' }),
    html: Flags.string({ description: 'write a page of the two runs to this new file' }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Compare)
    const [{ compareRuns }, { loadPolicy }, { systemClock }, { formatComparison }, { writeHistoryPage }] =
      await Promise.all([
        import('../app/compare-runs.ts'),
        import('../inputs/load-policy.ts'),
        import('../kit/clock.ts'),
        import('../cli/format-comparison.ts'),
        import('../app/write-history-page.ts'),
      ])
    const policy = await loadPolicy(flags.policy)
    const { diff, history } = await compareRuns(args.before, args.after, policy, systemClock.now())
    const page = flags.html === undefined ? undefined : await writeHistoryPage(flags.html, history, diff)
    if (flags.json) printDocument(diff)
    else printResult(formatComparison(diff, terminalWidth()).join('\n'))
    if (page !== undefined) printLine(`page: ${page}`)
  }
}
