import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { interruption } from '../../cli/interruption.ts'
import { printLine } from '../../cli/terminal.ts'

export default class QueueServe extends BaseCommand {
  static override summary =
    'Serve an embedded database to the workers and runs of this computer, until it is stopped'
  static override flags = {
    folder: Flags.string({
      default: '.ringzero-queue',
      description: 'where the database is kept; only its owner can reach it',
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(QueueServe)
    const { serveQueue } = await import('../../app/serve-queue.ts')
    await serveQueue({
      folder: flags.folder,
      signal: interruption,
      ready(url) {
        printLine('the database is ready; workers and runs of this account reach it with')
        printLine(`  export RINGZERO_DATABASE_URL='${url}'`)
      },
    })
  }
}
