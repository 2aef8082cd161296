import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { interruption } from '../../cli/interruption.ts'
import { printLine } from '../../cli/terminal.ts'

export default class CheckpointsPrune extends BaseCommand {
  static override summary =
    'Remove checkpoints that were invalidated or whose image or layer is gone; checkpoints in use by a run stay'
  static override flags = {
    all: Flags.boolean({ description: 'remove all checkpoints; each one is made again when it is needed' }),
    lab: Flags.string({ default: 'lab.yaml', description: 'path to the lab file' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(CheckpointsPrune)
    const [{ pruneStoredCheckpoints }, { workingContext }] = await Promise.all([
      import('../../app/stored-disks.ts'),
      import('../../app/working-context.ts'),
    ])
    const removed = await pruneStoredCheckpoints(flags.lab, flags.all, workingContext(interruption))
    for (const name of removed) printLine(`removed ${name}`)
    if (removed.length === 0) printLine('nothing to remove')
  }
}
