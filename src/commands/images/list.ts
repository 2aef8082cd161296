import { Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../../cli/base-command.ts'
import { interruption } from '../../cli/interruption.ts'
import { printDocument, printResult, terminalWidth } from '../../cli/terminal.ts'

export default class ImagesList extends BaseCommand {
  static override summary = 'List the images in the store'
  static override flags = {
    json: jsonFlag,
    lab: Flags.string({ default: 'lab.yaml', description: 'path to the lab file' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(ImagesList)
    const [{ listStoredDisks }, { workingContext }, { formatTable }, { formatInstant }] = await Promise.all([
      import('../../app/stored-disks.ts'),
      import('../../app/working-context.ts'),
      import('../../cli/table.ts'),
      import('../../kit/clock.ts'),
    ])
    const { images } = await listStoredDisks(flags.lab, workingContext(interruption))
    if (flags.json) return printDocument({ schema: 'ringzero/images/1', images })
    const rows = images.map((image) => [
      image.id,
      image.title ?? '',
      image.kind,
      image.sha256.slice(0, 12),
      formatInstant(image.builtAt),
    ])
    printResult(formatTable(['image', 'title', 'kind', 'content', 'built'], rows, terminalWidth()).join('\n'))
  }
}
