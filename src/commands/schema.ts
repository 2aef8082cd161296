import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { printDocument } from '../cli/terminal.ts'

const FORMATS =
  'matrix candidate product lab policy partners plan report gate partner-report rings drill drill-receipt'

export default class Schema extends BaseCommand {
  static override summary = 'Print the JSON Schema of a file format'
  static override args = {
    format: Args.string({
      required: true,
      options: FORMATS.split(' '),
      description: 'file format',
    }),
  }
  static override examples = ['<%= config.bin %> schema matrix > matrix.schema.json']

  async run(): Promise<void> {
    const { args } = await this.parse(Schema)
    const { jsonSchemaOf } = await import('../inputs/json-schemas.ts')
    printDocument(jsonSchemaOf(args.format))
  }
}
