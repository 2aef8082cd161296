import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { interruption } from '../cli/interruption.ts'
import { printLine } from '../cli/terminal.ts'
import { databaseFlag } from '../cli/worker-flags.ts'

export default class WorkerCommand extends BaseCommand {
  static override summary = 'Lend the hosts of a lab to runs with --workers, until it is stopped'
  static override flags = {
    ...databaseFlag,
    lab: Flags.string({ default: 'lab.yaml', description: 'path to the lab file whose hosts are lent' }),
    name: Flags.string({ description: 'name of this worker (default: the computer’s name)' }),
  }
  static override examples = [
    '<%= config.bin %> worker --database-url file:/etc/ringzero/database --lab lab.yaml',
  ]

  async run(): Promise<void> {
    const { flags } = await this.parse(WorkerCommand)
    const [{ workForFleet }, { databaseUrl }, { workerName }] = await Promise.all([
      import('../app/work-for-fleet.ts'),
      import('../inputs/database-url.ts'),
      import('../cli/worker-name.ts'),
    ])
    await workForFleet({
      url: databaseUrl(flags['database-url'], process.env),
      lab: flags.lab,
      name: workerName(flags.name),
      signal: interruption,
      say: printLine,
    })
  }
}
