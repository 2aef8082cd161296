import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { interruption } from '../cli/interruption.ts'
import { printLine } from '../cli/terminal.ts'

export default class ReportCommand extends BaseCommand {
  static override summary = 'write the reports of a run again, from its journal alone'
  static override args = { run: Args.string({ required: true, description: 'folder of the run' }) }
  static override flags = {
    policy: Flags.string({ description: 'gate policy' }),
    format: Flags.string({
      options: ['junit', 'html', 'markdown', 'json'],
      multiple: true,
      description: 'default: all',
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ReportCommand)
    const [{ concludeRun }, { builtIn }] = await Promise.all([
      import('../app/conclude-run.ts'),
      import('../plugins/built-in.ts'),
    ])
    const wanted = flags.format ?? []
    const reporters = (builtIn.reporters ?? []).filter(
      ({ name }) => wanted.length === 0 || wanted.includes(name),
    )
    const { files, broken } = await concludeRun({
      runFolder: args.run,
      policy: flags.policy,
      reporters,
      signal: interruption,
      stepSummary: undefined,
    })
    for (const file of files) printLine(file)
    if (broken !== undefined) throw broken
  }
}
