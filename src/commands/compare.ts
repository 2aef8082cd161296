import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { printDocument, printResult } from '../cli/terminal.ts'

export default class Compare extends BaseCommand {
  static override summary = 'what broke, was fixed or changed from one run to a later one'
  static override args = {
    before: Args.string({ required: true, description: 'folder of the earlier run' }),
    after: Args.string({ required: true, description: 'folder of the later run' }),
  }
  static override flags = { json: jsonFlag, policy: Flags.string({ description: 'gate policy' }) }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Compare)
    const [{ compareRuns }, { loadPolicy }, { systemClock }, { formatComparison }] = await Promise.all([
      import('../app/compare-runs.ts'),
      import('../inputs/load-policy.ts'),
      import('../kit/clock.ts'),
      import('../cli/format-comparison.ts'),
    ])
    const policy = await loadPolicy(flags.policy)
    const diff = await compareRuns(args.before, args.after, policy, systemClock.now())
    if (flags.json) printDocument(diff)
    else printResult(formatComparison(diff).join('\n'))
  }
}
