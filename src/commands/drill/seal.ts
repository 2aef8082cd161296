import { Args } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../../cli/base-command.ts'
import { printDocument, printLine, printResult } from '../../cli/terminal.ts'

export default class DrillSeal extends BaseCommand {
  static override summary = 'Seal a fault before a blind drill: prints the hash that those who run it get'
  static override args = {
    scenario: Args.string({
      required: true,
      description: 'drill scenario that says what the fault must show',
    }),
  }
  static override flags = { json: jsonFlag }
  static override examples = ['<%= config.bin %> drill seal our-fault.yaml']

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DrillSeal)
    const { sealFault } = await import('../../app/blind-drill.ts')
    const sealed = await sealFault(args.scenario)
    if (flags.json) return printDocument({ schema: 'ringzero/sealed/1', ...sealed })
    printResult(sealed.sha256)
    printLine(`sealed in ${sealed.file}: keep it to yourself until the run has said what it found`)
  }
}
