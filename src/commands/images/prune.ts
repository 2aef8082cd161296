import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { interruption } from '../../cli/interruption.ts'
import { printLine } from '../../cli/terminal.ts'

export default class ImagesPrune extends BaseCommand {
  static override summary =
    'Remove images that no entry of the lab file would build; images in use by a run stay'
  static override flags = { lab: Flags.string({ default: 'lab.yaml', description: 'path to the lab file' }) }

  async run(): Promise<void> {
    const { flags } = await this.parse(ImagesPrune)
    const [{ pruneStoredImages }, { workingContext }] = await Promise.all([
      import('../../app/stored-disks.ts'),
      import('../../app/working-context.ts'),
    ])
    const removed = await pruneStoredImages(flags.lab, workingContext(interruption))
    for (const name of removed) printLine(`removed ${name}`)
    if (removed.length === 0) printLine('nothing to remove')
  }
}
