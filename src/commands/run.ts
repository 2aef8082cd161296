import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { additionFlags, plannedRunFlags, planFlags, runFlags } from '../cli/run-flags.ts'
import { signerChoice } from '../cli/signer-flags.ts'

export default class Run extends BaseCommand {
  static override summary =
    'Test a candidate on every planned configuration and decide whether it can be released'
  static override args = {
    matrix: Args.string({ description: 'path to the matrix file (with --plan: default is the plan’s)' }),
  }
  static override flags = {
    ...runFlags,
    candidate: Flags.string({
      description:
        'folder of the update under test, with its candidate.yaml (with --plan: default is the plan’s)',
    }),
    lab: Flags.string({ description: 'path to the lab file (default: the plan’s, or lab.yaml)' }),
    'run-dir': Flags.string({ description: 'folder to create for the run (default: runs/<id>)' }),
    resume: Flags.boolean({
      dependsOn: ['run-dir'],
      description: 'go on with the run in --run-dir if one was begun there; its own plan counts then',
    }),
    partners: Flags.string({
      description: 'partners file; with --sign: signs for each partner what the run will show him',
      // A part of a plan is no report, and a merge is another run.
      exclusive: ['shard', 'stage', 'only'],
    }),
    ...planFlags,
    ...additionFlags,
    ...plannedRunFlags,
  }
  static override examples = [
    '<%= config.bin %> run matrix.yaml --candidate update --isolate 10',
    '<%= config.bin %> run --plan plan.json --shard 3/8',
    '<%= config.bin %> run --plan runs/20261122T195200Z-4f1c --only 5402103',
  ]

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Run)
    const [{ followRun }, { runRequest }, { workersChoice }] = await Promise.all([
      import('../cli/follow-run.ts'),
      import('../cli/run-request.ts'),
      import('../cli/workers-choice.ts'),
    ])
    const { 'run-dir': runFolder, 'after-minutes': afterMinutes, ...rest } = flags
    const start = runRequest({ ...rest, ...args, runFolder, afterMinutes })
    const { json, policy, 'keep-going': keepGoing, 'keep-failed': keepFailed } = flags
    const { partners } = flags
    const signer = signerChoice(flags)
    const lent = workersChoice(flags)
    const options = { json, policy, keepGoing, keepFailed, junit: flags, signer, partners, ...lent }
    this.finish((await followRun(start, options)).code)
  }
}
