import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { formatVerified, verifiedDocument } from '../cli/format-verified.ts'
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
    countersigned: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'statement of a second lab, as `reproduce --countersign` writes it; repeat it for several',
      dependsOn: ['countersigner'],
    }),
    countersigner: Flags.string({ description: 'public key of the second lab, a PEM file' }),
  }
  static override examples = ['<%= config.bin %> verify report-0a1b.zip --key publisher.pem']

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Verify)
    const { verifyBundleFiles } = await import('../app/verify-bundle-files.ts')
    const { countersigned: statements = [], countersigner } = flags
    const found = await verifyBundleFiles(args.bundle, flags.key, { statements, key: countersigner })
    if (flags.json) printDocument(verifiedDocument(found))
    else printResult(formatVerified(found).join('\n'))
    this.finish(found.problems.length === 0 ? EXIT.done : EXIT.hold)
  }
}
