import { Flags } from '@oclif/core'
import { EXIT } from '../cli/exit-codes.ts'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { interruption } from '../cli/interruption.ts'
import { printDocument, printLine } from '../cli/terminal.ts'

export default class Sweep extends BaseCommand {
  static override summary =
    'Remove virtual machines that an interrupted run left on the hosts of a lab; a run in progress is not touched'
  static override flags = {
    json: jsonFlag,
    lab: Flags.string({ default: 'lab.yaml', description: 'path to the lab file' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Sweep)
    const [{ openLab }, { sweepOrphans }, { systemClock }, { silentLogger, workingContext }] =
      await Promise.all([
        import('../app/open-lab.ts'),
        import('../app/sweep-orphans.ts'),
        import('../kit/clock.ts'),
        import('../app/working-context.ts'),
      ])
    const { hosts, lab } = await openLab(flags.lab, workingContext(interruption))
    const result = await sweepOrphans(
      { hosts, clock: systemClock, log: silentLogger, storeFolder: lab.storeFolder },
      interruption,
    )
    if (flags.json) printDocument({ schema: 'ringzero/sweep/1', ...result })
    else {
      for (const ref of result.removed) printLine(`removed ${ref.name}`)
      for (const { ref, because } of result.left) printLine(`left ${ref.name}: ${because}`)
      for (const { name, because } of result.failed) printLine(`not removed: ${name}: ${because}`)
      if (result.removed.length + result.left.length + result.failed.length === 0)
        printLine('nothing was left behind')
    }
    this.finish(result.failed.length > 0 ? EXIT.inconclusive : EXIT.done)
  }
}
