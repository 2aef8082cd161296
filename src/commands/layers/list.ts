import { Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../../cli/base-command.ts'
import { interruption } from '../../cli/interruption.ts'
import { printDocument, printResult, terminalWidth } from '../../cli/terminal.ts'

export default class LayersList extends BaseCommand {
  static override summary = 'List the product layers in the store'
  static override flags = {
    json: jsonFlag,
    lab: Flags.string({ default: 'lab.yaml', description: 'path to the lab file' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(LayersList)
    const [{ listStoredDisks }, { workingContext }, { formatTable }, { formatInstant }] = await Promise.all([
      import('../../app/stored-disks.ts'),
      import('../../app/working-context.ts'),
      import('../../cli/table.ts'),
      import('../../kit/clock.ts'),
    ])
    const { layers } = await listStoredDisks(flags.lab, workingContext(interruption))
    if (flags.json) return printDocument({ schema: 'ringzero/layers/1', layers })
    const rows = layers.map(({ product, sha256, parent, builtAt }) => [
      product.id,
      product.release,
      sha256.slice(0, 12),
      parent.slice(0, 12),
      formatInstant(builtAt),
    ])
    printResult(
      formatTable(['product', 'release', 'content', 'on', 'built'], rows, terminalWidth()).join('\n'),
    )
  }
}
