import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { printDocument, printResult } from '../cli/terminal.ts'

export default class Health extends BaseCommand {
  static override summary =
    'Show what the candidate and each product put into the kernel, what starts by itself, and what it costs'
  static override args = { run: Args.string({ required: true, description: 'folder of the run' }) }
  static override flags = {
    json: jsonFlag,
    since: Flags.string({
      description: 'folder of the run of an earlier release: which drivers came or went',
    }),
  }
  static override examples = [
    '<%= config.bin %> health runs/20261128T031840Z-4f1c --since runs/20261027T031840Z-77aa',
  ]

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Health)
    const [{ readHealth }, { formatHealth, healthDocument }] = await Promise.all([
      import('../app/read-health.ts'),
      import('../cli/format-health.ts'),
    ])
    const health = await readHealth(args.run)
    const before = flags.since === undefined ? undefined : await readHealth(flags.since)
    if (flags.json) printDocument(healthDocument(health, before))
    else printResult(formatHealth(health, before).join('\n'))
  }
}
