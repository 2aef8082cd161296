import { BaseCommand } from '../../cli/base-command.ts'
import { printLine } from '../../cli/terminal.ts'
import { databaseFlag } from '../../cli/worker-flags.ts'

export default class QueueUp extends BaseCommand {
  static override summary = 'Make the tables and roles that workers need in a PostgreSQL database'
  static override flags = databaseFlag

  async run(): Promise<void> {
    const { flags } = await this.parse(QueueUp)
    const [{ prepareDatabase }, { databaseUrl }] = await Promise.all([
      import('../../app/queue-up.ts'),
      import('../../inputs/database-url.ts'),
    ])
    for (const line of await prepareDatabase(databaseUrl(flags['database-url'], process.env))) printLine(line)
  }
}
