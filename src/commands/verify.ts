import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { printDocument, printResult } from '../cli/terminal.ts'

export default class Verify extends BaseCommand {
  static override summary = 'Check that a published report, or a run, is what was signed; works offline'
  static override description =
    'Ends with 0 when everything is as it was signed and still good, and with 1 when anything is not; each wrong file is named.'
  static override args = {
    bundle: Args.string({
      required: true,
      description: 'folder or zip of a report, or folder of a run that was signed',
    }),
  }
  static override flags = {
    json: jsonFlag,
    key: Flags.string({ required: true, description: 'public key of the publisher, a PEM file' }),
  }
  static override examples = ['<%= config.bin %> verify report-0a1b.zip --key publisher.pem']

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Verify)
    const { verifyBundleFiles } = await import('../app/verify-bundle-files.ts')
    const { problems, report } = await verifyBundleFiles(args.bundle, flags.key)
    const verified = problems.length === 0
    if (flags.json)
      printDocument({
        schema: 'ringzero/verified/1',
        verified,
        report: report?.id,
        result: report?.result,
        problems,
      })
    else
      printResult(
        [
          ...problems.map(({ file, what }) => `${file} ${what}`),
          verified
            ? report === undefined
              ? 'verified: the run followed the plan that was signed before it began, and its journal is whole'
              : `verified: ${report.id} for ${report.audience.title}: ${report.result}, good until ${report.expires}`
            : 'not verified',
        ].join('\n'),
      )
    this.finish(verified ? EXIT.done : EXIT.hold)
  }
}
