import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { readFlags } from '../cli/run-flags.ts'
import { printResult } from '../cli/terminal.ts'

export default class ReportCommand extends BaseCommand {
  static override summary = 'Write the reports of a recorded run and print their paths'
  static override args = { run: Args.string({ required: true, description: 'folder of the run' }) }
  static override flags = {
    ...readFlags,
    format: Flags.string({
      multiple: true,
      description:
        'junit, html, markdown, github-comment, json or a reporter of the lab’s plugins; repeat it for several (default: all)',
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ReportCommand)
    const { concludeAgain } = await import('../cli/conclude-again.ts')
    const { files, broken } = await concludeAgain(args.run, { ...flags, formats: flags.format ?? [] })
    printResult(files.join('\n'))
    if (broken !== undefined) throw broken
  }
}
