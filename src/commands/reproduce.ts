import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { signerChoice } from '../cli/signer-flags.ts'

export default class Reproduce extends BaseCommand {
  static override summary =
    'Make a machine of a published report again in your own lab, and compare verdict and failure'
  static override description =
    'Ends with 0 when both are those of the report, with 1 when not, and with 3 when nothing can be said.'
  static override args = {
    bundle: Args.string({ required: true, description: 'folder or zip of the report' }),
  }
  static override flags = {
    json: jsonFlag,
    cell: Flags.string({
      required: true,
      description: 'id of the machine in the report, or its first characters',
    }),
    lab: Flags.string({ default: 'lab.yaml', description: 'path to your lab file' }),
    candidate: Flags.string({ required: true, description: 'folder of the update, with its candidate.yaml' }),
    image: Flags.string({
      description: 'image of your lab to take, if it has another title than in the report',
    }),
    key: Flags.string({ description: 'public key of the publisher, a PEM file' }),
    out: Flags.string({ description: 'folder of the run (default: reproductions/<cell>)' }),
    countersign: Flags.string({
      description: 'encrypted Ed25519 key (PEM) to sign what was seen with, for `verify --countersigned`',
      dependsOn: ['key'],
    }),
  }
  static override examples = [
    '<%= config.bin %> reproduce report-0a1b.zip --cell cell-5402 --candidate update --key publisher.pem',
  ]

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Reproduce)
    const { reproduceAndTell } = await import('../cli/reproduce-and-tell.ts')
    const { json, countersign, key, image, out, ...asked } = flags
    const folder = out ?? `reproductions/${flags.cell.replace(/[^\w-]/g, '')}`
    const countersigner = signerChoice({ sign: countersign, signer: undefined, 'public-key': undefined })
    const request = { ...args, ...asked, key, image, out: folder, countersigner, environment: process.env }
    this.finish(await reproduceAndTell(request, json))
  }
}
