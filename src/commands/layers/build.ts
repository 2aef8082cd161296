import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { interruption } from '../../cli/interruption.ts'
import { printLine } from '../../cli/terminal.ts'

export default class LayersBuild extends BaseCommand {
  static override summary = 'Install products on an image once and seal the disks that all cells share'
  static override args = {
    image: Args.string({ required: true, description: 'id of the image in the lab file' }),
  }
  static override flags = {
    lab: Flags.string({ default: 'lab.yaml', description: 'path to the lab file' }),
    product: Flags.string({
      multiple: true,
      required: true,
      description: 'id of a product; repeat it in the order of installation',
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LayersBuild)
    const [{ buildStoredLayers }, { workingContext }] = await Promise.all([
      import('../../app/stored-disks.ts'),
      import('../../app/working-context.ts'),
    ])
    const log = { log: (_: string, message: string) => printLine(message) }
    const sha256 = await buildStoredLayers(
      flags.lab,
      args.image,
      flags.product,
      workingContext(interruption, log),
    )
    printLine(`${args.image} with ${flags.product.join(', ')}: ${sha256}`)
  }
}
