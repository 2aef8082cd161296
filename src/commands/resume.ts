import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { runFlags } from '../cli/run-flags.ts'
import { signerChoice } from '../cli/signer-flags.ts'

export default class Resume extends BaseCommand {
  static override summary = 'Resume a run that was interrupted or killed; finished attempts are kept'
  static override args = { run: Args.string({ required: true, description: 'folder of the run' }) }
  static override flags = runFlags
  static override examples = ['<%= config.bin %> resume runs/20261122T195200Z-4f1c']

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Resume)
    const [{ followRun }, { resumeCandidate }, { workersChoice }] = await Promise.all([
      import('../cli/follow-run.ts'),
      import('../app/run-candidate.ts'),
      import('../cli/workers-choice.ts'),
    ])
    const options = {
      json: flags.json,
      policy: flags.policy,
      keepGoing: flags['keep-going'],
      keepFailed: flags['keep-failed'],
      junit: flags,
      signer: signerChoice(flags),
      ...workersChoice(flags),
    }
    this.finish((await followRun((controls) => resumeCandidate(args.run, controls), options)).code)
  }
}
