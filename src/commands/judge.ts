import { Args } from '@oclif/core'
import { exitCodeOfConclusion } from '../cli/exit-codes.ts'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { readFlags } from '../cli/run-flags.ts'
import { printResult } from '../cli/terminal.ts'

export default class Judge extends BaseCommand {
  static override summary = 'Judge a recorded run again, write all its reports and print their paths'
  static override args = { run: Args.string({ required: true, description: 'folder of the run' }) }
  static override flags = { json: jsonFlag, ...readFlags }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Judge)
    const [{ concludeAgain }, { tellConclusion }] = await Promise.all([
      import('../cli/conclude-again.ts'),
      import('../cli/follow-run.ts'),
    ])
    const concluded = await concludeAgain(args.run, { ...flags, formats: [] })
    tellConclusion(concluded, args.run, flags.json)
    if (!flags.json) printResult(concluded.files.join('\n'))
    this.finish(exitCodeOfConclusion(concluded))
  }
}
