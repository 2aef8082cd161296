import { Args, Flags } from '@oclif/core'
import { exitCodeOfDecision } from '../cli/exit-codes.ts'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { interruption } from '../cli/interruption.ts'
import { printDocument } from '../cli/terminal.ts'

export default class Judge extends BaseCommand {
  static override summary = 'judge a run again, from its journal alone, and write all reports'
  static override args = { run: Args.string({ required: true, description: 'folder of the run' }) }
  static override flags = { json: jsonFlag, policy: Flags.string({ description: 'gate policy' }) }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Judge)
    const [{ concludeRun }, { printConclusion }, { builtIn }] = await Promise.all([
      import('../app/conclude-run.ts'),
      import('../cli/follow-run.ts'),
      import('../plugins/built-in.ts'),
    ])
    const reporters = builtIn.reporters ?? []
    const concluded = await concludeRun({
      runFolder: args.run,
      policy: flags.policy,
      reporters,
      signal: interruption,
      stepSummary: undefined,
    })
    if (flags.json) printDocument({ ...concluded.report, gate: concluded.gate })
    else printConclusion(concluded, args.run)
    if (concluded.broken !== undefined) throw concluded.broken
    this.finish(exitCodeOfDecision(concluded.gate.decision))
  }
}
