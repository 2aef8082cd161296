import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { formatPublished, publishedDocument } from '../cli/format-published.ts'
import { interruption } from '../cli/interruption.ts'
import { signerChoice, signerFlags } from '../cli/signer-flags.ts'
import { printDocument, printLine, printResult } from '../cli/terminal.ts'

export default class Pack extends BaseCommand {
  static override summary =
    'Write the smallest folder that shows one cell to a partner, for a ticket, looked through for names of others'
  static override args = {
    run: Args.string({ required: true, description: 'folder of the run' }),
    cell: Args.string({ required: true, description: 'id of the cell, or its first characters' }),
  }
  static override flags = {
    json: jsonFlag,
    partner: Flags.string({ required: true, description: 'name of the partner in the partners file' }),
    partners: Flags.string({ default: 'partners.yaml', description: 'path to the partners file' }),
    out: Flags.string({ required: true, description: 'folder that gets the pack as <id>/ and <id>.zip' }),
    policy: Flags.string({ description: 'path to the gate policy (default: the built-in policy)' }),
    date: Flags.string({ description: 'day of issue, as 2026-01-31 (default: today)' }),
    ...signerFlags,
  }
  static override examples = [
    '<%= config.bin %> pack runs/20261128T031840Z-4f1c 5402103 --partner acme --out packs',
  ]

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Pack)
    const { publishRun } = await import('../app/publish-run.ts')
    const { partner, partners, out, policy, date } = flags
    const published = await publishRun({
      runFolder: args.run,
      cell: args.cell,
      partners,
      partner,
      out,
      ...(policy === undefined ? {} : { policy }),
      ...(date === undefined ? {} : { issued: date }),
      signer: signerChoice(flags),
      environment: process.env,
      signal: interruption,
      warn: (message) => printLine(`warning: ${message}`),
    })
    if (flags.json) printDocument(publishedDocument(published, false))
    else printResult(formatPublished(published, false).join('\n'))
  }
}
