import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { exitCodeOfConclusion } from '../cli/exit-codes.ts'
import { mergeFlags } from '../cli/run-flags.ts'

export default class Merge extends BaseCommand {
  static override summary = 'Put the shards of a plan together into one run, and decide'
  static override description =
    'Give the run folders of all shards, from anywhere. A missing, doubled or foreign shard is refused, and so is one of another plan, version, policy or candidate.'
  static override strict = false
  static override args = { runs: Args.string({ required: true, description: 'run folders of the shards' }) }
  static override flags = {
    ...mergeFlags,
    out: Flags.string({ required: true, description: 'folder to create for the merged run' }),
  }
  static override examples = ['<%= config.bin %> merge shards/* --out runs/merged']

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Merge)
    const [{ mergeAndConclude }, { tellConclusion }] = await Promise.all([
      import('../cli/merge-and-conclude.ts'),
      import('../cli/follow-run.ts'),
    ])
    const { folder, concluded, code } = await mergeAndConclude(argv.map(String), flags)
    tellConclusion(concluded, folder, flags.json)
    this.finish(concluded.broken === undefined ? code : exitCodeOfConclusion(concluded))
  }
}
