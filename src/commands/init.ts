import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { initFlags } from '../cli/init-flags.ts'
import { canAsk, printDocument, printResult } from '../cli/terminal.ts'

export default class Init extends BaseCommand {
  static override summary = 'Begin: make a matrix, a lab, a policy and a candidate.yaml for an update'
  static override description =
    'Looks at the files of the update, asks what they do not say (or takes it from flags), and writes files that `ringzero plan` takes at once. What is not answered stands in candidate.yaml as a TODO.'
  static override args = { update: Args.string({ description: 'folder of the update, or its one file' }) }
  static override flags = initFlags
  static override examples = [
    '<%= config.bin %> init my-driver --ci github',
    '<%= config.bin %> init content --guest windows --to "C:\\ProgramData\\Acme" --fleet fleet.csv',
  ]

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Init)
    const [{ readUpdate }, { initProject }, { completeAnswers }, { ask }, { formatInit }] = await Promise.all(
      [
        import('../inputs/update/update-facts.ts'),
        import('../app/init-project.ts'),
        import('../cli/init-answers.ts'),
        import('../cli/ask.ts'),
        import('../cli/format-init.ts'),
      ],
    )
    const asks = canAsk() && !flags.json
    const update =
      args.update ?? (asks ? await ask({ message: 'Folder or file of the update', proposal: '.' }) : '.')
    const facts = await readUpdate(update)
    const answers = asks ? await completeAnswers(facts, flags, ask) : flags
    const { folder, provider, shards, fleet, force } = flags
    const result = await initProject({ facts, answers, folder, provider, shards, fleet, force })
    if (flags.json) printDocument(result)
    else printResult(formatInit(result, folder, process.cwd()).join('\n'))
  }
}
