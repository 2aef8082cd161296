import { Flags } from '@oclif/core'
import { EXIT } from '../cli/exit-codes.ts'
import { BaseCommand } from '../cli/base-command.ts'
import { printColoured, printLine } from '../cli/terminal.ts'
import { packageRoot } from '../kit/assets.ts'

/** What each rehearsal must end with; anything else means that this host, or ringzero, is not fit to gate a release. */
const REHEARSALS = [
  { candidate: 'good-content', decision: 'release', says: 'a good content update' },
  {
    candidate: 'bad-content',
    decision: 'hold',
    says: 'a malformed content file, read in early boot by the sensor that is already installed',
  },
] as const

export default class Demo extends BaseCommand {
  static override summary =
    'Run a demonstration on real virtual machines: a good update is released, a bad one is held'
  static override description =
    'Boots small Linux guests under QEMU, which takes a few minutes. Run `ringzero doctor --fix` first.'

  static override flags = {
    provider: Flags.option({
      options: ['qemu', 'docker'] as const,
      default: 'qemu' as const,
      description: 'where the machines run: in processes of QEMU, or in containers of an engine',
    })(),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Demo)
    const [{ followRun }, { runCandidate }] = await Promise.all([
      import('../cli/follow-run.ts'),
      import('../app/run-candidate.ts'),
    ])
    const lab = `${packageRoot}fixtures/labs/${flags.provider}-demo.lab.yaml`
    const endings: string[] = []
    for (const { candidate, decision, says } of REHEARSALS) {
      printColoured('bold', `\n${candidate}: ${says}`)
      const files = {
        matrix: `${packageRoot}matrices/demo.yaml`,
        lab,
        candidate: `${packageRoot}fixtures/candidates/${candidate}`,
        seed: 1,
        effort: 2,
        isolate: 0,
      }
      const options = { json: false, policy: undefined, keepGoing: true, keepFailed: false, junit: {} }
      const { code, concluded } = await followRun((controls) => runCandidate(files, controls), options)
      if (code === EXIT.interrupted || code === EXIT.toolFault) return this.finish(code)
      if (concluded.gate.decision !== decision)
        endings.push(`${candidate} should end with ${decision} and ended with ${concluded.gate.decision}`)
    }
    for (const ending of endings) printColoured('red', ending)
    if (endings.length === 0)
      printLine('\nThe good update is released, the bad one is held. Open the reports to see why.')
    this.finish(endings.length === 0 ? EXIT.done : EXIT.hold)
  }
}
