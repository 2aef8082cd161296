import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../../cli/base-command.ts'
import { printDocument, printResult } from '../../cli/terminal.ts'

export default class CandidateHash extends BaseCommand {
  static override summary = 'Renew the hashes in a candidate.yaml after its files were built anew'
  static override args = {
    update: Args.string({
      required: true,
      description: 'folder of the update, or one of its files; candidate.yaml is beside it',
    }),
  }
  static override flags = {
    json: jsonFlag,
    all: Flags.boolean({
      description: 'also list the files that are new in the folder and take out those that are gone',
    }),
  }
  static override examples = ['<%= config.bin %> candidate hash my-update']

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CandidateHash)
    const { renewHashes } = await import('../../inputs/update/renew-hashes.ts')
    const hashes = await renewHashes(args.update, flags.all)
    if (flags.json) return printDocument({ schema: 'ringzero/candidate-hashes/1', ...hashes })
    const { renewed, added, removed, unlisted, unchanged } = hashes
    const lines = Object.entries({ renewed, added, removed, 'not listed (--all lists it)': unlisted })
    for (const [what, files] of lines) for (const file of files) printResult(`${what}: ${file}`)
    if (unchanged.length > 0) printResult(`unchanged: ${unchanged.length}`)
  }
}
