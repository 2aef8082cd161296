import { Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../../cli/base-command.ts'
import { interruption } from '../../cli/interruption.ts'
import { printDocument, printResult, terminalWidth } from '../../cli/terminal.ts'

export default class CheckpointsList extends BaseCommand {
  static override summary = 'List the checkpoints in the store'
  static override flags = {
    json: jsonFlag,
    lab: Flags.string({ default: 'lab.yaml', description: 'path to the lab file' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(CheckpointsList)
    const [{ listStoredDisks }, { workingContext }, { formatTable }, { formatInstant }] = await Promise.all([
      import('../../app/stored-disks.ts'),
      import('../../app/working-context.ts'),
      import('../../cli/table.ts'),
      import('../../kit/clock.ts'),
    ])
    const { checkpoints } = await listStoredDisks(flags.lab, workingContext(interruption))
    if (flags.json) return printDocument({ schema: 'ringzero/checkpoints/1', checkpoints })
    const rows = checkpoints.map(({ image, products, machine, disk, memory, invalidated, savedAt, key }) => [
      key.slice(0, 12),
      [image, ...products].join(' + '),
      `${machine.memoryMiB ?? 0}`,
      `${Math.ceil((disk.bytes + memory.bytes) / 1024 ** 2)}`,
      invalidated ? 'invalidated' : 'good',
      formatInstant(savedAt),
    ])
    const head = ['checkpoint', 'of', 'memory MiB', 'on disk MiB', 'state', 'saved']
    printResult(formatTable(head, rows, terminalWidth()).join('\n'))
  }
}
