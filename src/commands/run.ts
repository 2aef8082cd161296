import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { planFlags, runFlags } from '../cli/run-flags.ts'

export default class Run extends BaseCommand {
  static override summary =
    'Test a candidate on every planned configuration and decide whether it can be released'
  static override args = { matrix: Args.string({ required: true, description: 'path to the matrix file' }) }
  static override flags = {
    ...runFlags,
    candidate: Flags.string({
      required: true,
      description: 'folder of the update under test, with its candidate.yaml',
    }),
    lab: Flags.string({ default: 'lab.yaml', description: 'path to the lab file' }),
    'run-dir': Flags.string({ description: 'folder to create for the run (default: runs/<id>)' }),
    ...planFlags,
    isolate: Flags.integer({
      min: 0,
      max: 1000,
      default: 0,
      description: 'maximum number of cells that the run may add to narrow down suspects',
    }),
  }
  static override examples = ['<%= config.bin %> run matrix.yaml --candidate update --isolate 10']

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Run)
    const [{ followRun }, { runCandidate }, { loadEarlierRun }] = await Promise.all([
      import('../cli/follow-run.ts'),
      import('../app/run-candidate.ts'),
      import('../app/earlier-run.ts'),
    ])
    const { candidate, lab, strength, seed, effort, isolate, since, history } = flags
    const runFolder = flags['run-dir']
    const files = {
      matrix: args.matrix,
      candidate,
      lab,
      seed,
      effort,
      isolate,
      ...(strength === undefined ? {} : { strength }),
      ...(runFolder === undefined ? {} : { runFolder }),
      ...(history === undefined ? {} : { history }),
      ...(since === undefined ? {} : { since: await loadEarlierRun(since) }),
    }
    const options = {
      json: flags.json,
      policy: flags.policy,
      keepGoing: flags['keep-going'],
      keepFailed: flags['keep-failed'],
      junit: flags,
    }
    this.finish((await followRun((controls) => runCandidate(files, controls), options)).code)
  }
}
