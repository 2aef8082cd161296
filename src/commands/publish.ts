import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { formatPublished, publishedDocument } from '../cli/format-published.ts'
import { interruption } from '../cli/interruption.ts'
import { signerChoice, signerFlags } from '../cli/signer-flags.ts'
import { printDocument, printLine, printResult } from '../cli/terminal.ts'

export default class Publish extends BaseCommand {
  static override summary =
    'Write what one partner may see of a run, after a look through every byte for names of others'
  static override args = { run: Args.string({ required: true, description: 'folder of the run' }) }
  static override flags = {
    json: jsonFlag,
    partner: Flags.string({ required: true, description: 'name of the partner in the partners file' }),
    partners: Flags.string({ default: 'partners.yaml', description: 'path to the partners file' }),
    out: Flags.string({ required: true, description: 'folder that gets the report as <id>/ and <id>.zip' }),
    to: Flags.string({
      description: 'where the partner reads it, with an index of all his reports: a folder, s3://…, az://…',
    }),
    'dry-run': Flags.boolean({ description: 'show what would be written, sent and seen, and do nothing' }),
    policy: Flags.string({ description: 'path to the gate policy (default: the built-in policy)' }),
    date: Flags.string({ description: 'day of issue, as 2026-01-31 (default: today)' }),
    ...signerFlags,
    supersedes: Flags.string({
      description: 'id of the report in --out whose place this one takes',
      exclusive: ['withdraw'],
    }),
    withdraw: Flags.string({ description: 'id of the report in --out to withdraw', dependsOn: ['reason'] }),
    reason: Flags.string({ description: 'why it is withdrawn', dependsOn: ['withdraw'] }),
  }
  static override examples = [
    '<%= config.bin %> publish runs/20261128T031840Z-4f1c --partner acme --out published/acme',
  ]

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Publish)
    const { publishRun } = await import('../app/publish-run.ts')
    const { json, policy, date, to, supersedes, withdraw, reason = '', 'dry-run': dryRun, ...asked } = flags
    const published = await publishRun({
      runFolder: args.run,
      ...asked,
      dryRun,
      ...(to === undefined ? {} : { to }),
      ...(policy === undefined ? {} : { policy }),
      ...(date === undefined ? {} : { issued: date }),
      ...(supersedes === undefined ? {} : { supersedes }),
      ...(withdraw === undefined ? {} : { withdraw: { id: withdraw, reason } }),
      signer: signerChoice(flags),
      environment: process.env,
      signal: interruption,
      warn: (message) => printLine(`warning: ${message}`),
    })
    if (json) printDocument(publishedDocument(published, dryRun))
    else printResult(formatPublished(published, dryRun).join('\n'))
  }
}
