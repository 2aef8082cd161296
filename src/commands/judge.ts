import { Args } from '@oclif/core'
import { exitCodeOfDecision } from '../cli/exit-codes.ts'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { readFlags } from '../cli/run-flags.ts'
import { printDocument, printResult } from '../cli/terminal.ts'

export default class Judge extends BaseCommand {
  static override summary = 'Judge a recorded run again, write all its reports and print their paths'
  static override args = { run: Args.string({ required: true, description: 'folder of the run' }) }
  static override flags = { json: jsonFlag, ...readFlags }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Judge)
    const [{ concludeAgain }, { printConclusion }] = await Promise.all([
      import('../cli/conclude-again.ts'),
      import('../cli/follow-run.ts'),
    ])
    const concluded = await concludeAgain(args.run, { ...flags, formats: [] })
    if (flags.json) printDocument({ ...concluded.report, gate: concluded.gate })
    else {
      printConclusion(concluded, args.run)
      printResult(concluded.files.join('\n'))
    }
    if (concluded.broken !== undefined) throw concluded.broken
    this.finish(exitCodeOfDecision(concluded.gate.decision))
  }
}
