import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { printLine } from '../../cli/terminal.ts'
import { databaseFlag } from '../../cli/worker-flags.ts'

export default class QueueCancel extends BaseCommand {
  static override summary = 'Cancel a run that workers work on: they stop its machines; it can be resumed'
  static override args = {
    run: Args.string({ required: true, description: 'id of the run, as `ringzero fleet` shows it' }),
  }
  static override flags = databaseFlag

  async run(): Promise<void> {
    const { args, flags } = await this.parse(QueueCancel)
    const [{ cancelRun }, { databaseUrl }] = await Promise.all([
      import('../../app/cancel-run.ts'),
      import('../../inputs/database-url.ts'),
    ])
    const stopped = await cancelRun(databaseUrl(flags['database-url'], process.env), args.run)
    printLine(`${args.run} is cancelled; attempts that were stopped: ${stopped}`)
  }
}
