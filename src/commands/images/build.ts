import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../../cli/base-command.ts'
import { interruption } from '../../cli/interruption.ts'
import { printDocument, printLine, printResult } from '../../cli/terminal.ts'

export default class ImagesBuild extends BaseCommand {
  static override summary =
    'Build the images of the lab file: Linux guests from packages, Windows from installation media'
  static override args = {
    image: Args.string({
      description:
        'id of the image in the lab file, or the name of a part of a host, as docker-runner (default: all)',
    }),
  }
  static override flags = {
    json: jsonFlag,
    lab: Flags.string({ default: 'lab.yaml', description: 'path to the lab file' }),
    rehearse: Flags.boolean({
      description: 'print every command of a Windows image in order, with its arguments, and run none',
      exclusive: ['json'],
    }),
  }
  static override examples = [
    '<%= config.bin %> images build --lab lab.yaml',
    '<%= config.bin %> images build linux-micro',
    '<%= config.bin %> images build win11-24h2 --rehearse',
  ]

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ImagesBuild)
    const [{ buildStoredImages, rehearseStoredImages }, { workingContext }] = await Promise.all([
      import('../../app/stored-disks.ts'),
      import('../../app/working-context.ts'),
    ])
    const log = { log: (_: string, message: string) => printLine(message) }
    const names = args.image === undefined ? [] : [args.image]
    const ctx = workingContext(interruption, log)
    if (flags.rehearse) return printResult((await rehearseStoredImages(flags.lab, names, ctx)).join('\n'))
    const { images, hostImages } = await buildStoredImages(flags.lab, names, ctx)
    if (flags.json) return printDocument({ schema: 'ringzero/images/1', images, hostImages })
    for (const image of images) printLine(`${image.id}: ${image.sha256}`)
    for (const { name, host, content } of hostImages) printLine(`${name} of ${host}: ${content}`)
  }
}
