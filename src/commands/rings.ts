import { Args } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { exitCodeOfDecision } from '../cli/exit-codes.ts'
import { ringFlags } from '../cli/run-flags.ts'
import { printDocument, printLine, printResult, terminalWidth } from '../cli/terminal.ts'

export default class Rings extends BaseCommand {
  static override summary = 'Plan the first rings of a deployment from what a run has shown'
  static override description =
    'With --observed it decides on the next ring: exit code 0 go, 1 hold, 3 wait. Without, it only plans.'
  static override args = { run: Args.string({ required: true, description: 'folder of the run' }) }
  static override flags = { json: jsonFlag, ...ringFlags }
  static override examples = [
    '<%= config.bin %> rings runs/20261122T195200Z-4f1c --fleet fleet.csv --budget 25 --html rings.html',
    '<%= config.bin %> rings runs/20261122T195200Z-4f1c --fleet fleet.csv --budget 25 --observed ring1.csv',
  ]

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Rings)
    const [{ ringRun }, { writeRingsPage }, { checkPageTarget }, { loadPolicy }, { formatRings }] =
      await Promise.all([
        import('../app/ring-run.ts'),
        import('../app/write-rings-page.ts'),
        import('../app/check-page-target.ts'),
        import('../inputs/load-policy.ts'),
        import('../cli/format-rings.ts'),
      ])
    if (flags.html !== undefined) await checkPageTarget(flags.html)
    const plan = await ringRun({
      runFolder: args.run,
      fleet: flags.fleet,
      policy: await loadPolicy(flags.policy),
      observed: flags.observed ?? [],
      budget: flags.budget,
      rate: flags['rate-percent'] / 100,
      startsPerDay: flags['starts-per-day'],
      minimumHours: flags['watch-hours'],
      soakHours: flags['soak-hours'],
    })
    const page = flags.html === undefined ? undefined : await writeRingsPage(flags.html, plan)
    if (flags.json) printDocument(plan)
    else printResult(formatRings(plan, terminalWidth()).join('\n'))
    if (page !== undefined) printLine(`page: ${page}`)
    const codes = { go: 'release', hold: 'hold', wait: 'inconclusive' } as const
    if (plan.decision !== undefined) this.finish(exitCodeOfDecision(codes[plan.decision.decision]))
  }
}
