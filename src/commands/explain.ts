import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { printDocument, printResult } from '../cli/terminal.ts'

export default class Explain extends BaseCommand {
  static override summary =
    'Show everything about one cell: boot progress, control, attempts, crash signature, evidence'
  static override args = {
    run: Args.string({ required: true, description: 'folder of the run' }),
    cell: Args.string({ required: true, description: 'id of the cell, or its first characters' }),
  }
  static override flags = {
    json: jsonFlag,
    policy: Flags.string({ description: 'path to the gate policy (default: the built-in policy)' }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Explain)
    const [{ explainCell }, { loadPolicy }, { systemClock }, { formatExplanation }] = await Promise.all([
      import('../app/explain-cell.ts'),
      import('../inputs/load-policy.ts'),
      import('../kit/clock.ts'),
      import('../cli/format-explanation.ts'),
    ])
    const policy = await loadPolicy(flags.policy)
    const explained = await explainCell(args.run, args.cell, policy, systemClock.now())
    if (flags.json) printDocument(explained)
    else printResult(formatExplanation(explained).join('\n'))
  }
}
