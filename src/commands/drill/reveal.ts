import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../../cli/base-command.ts'
import { exitCodeOfDecision } from '../../cli/exit-codes.ts'
import { formatRevealed } from '../../cli/format-drill.ts'
import { interruption } from '../../cli/interruption.ts'
import { printDocument, printResult, terminalWidth } from '../../cli/terminal.ts'
import type { Revealed } from '../../model/drill.ts'

const DECISIONS = { named: 'release', 'not-named': 'hold', lab: 'inconclusive' } as const satisfies Record<
  Revealed['result'],
  string
>

export default class DrillReveal extends BaseCommand {
  static override summary = 'Open the seal of a blind drill and compare the fault with what the run found'
  static override description =
    'Ends with 0 when the run was held for the sealed reason, 1 when it was not, 3 when the lab failed.'
  static override args = {
    seal: Args.string({ required: true, description: 'file that `drill seal` wrote' }),
    run: Args.string({ required: true, description: 'folder of the run' }),
  }
  static override flags = {
    json: jsonFlag,
    hash: Flags.string({ required: true, description: 'hash that `drill seal` printed before the run' }),
    policy: Flags.string({ description: 'path to the gate policy (default: the built-in policy)' }),
  }
  static override examples = [
    '<%= config.bin %> drill reveal our-fault.yaml.seal.json runs/<id> --hash 4f1c…',
  ]

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DrillReveal)
    const [{ revealFault }, { loadPolicy }] = await Promise.all([
      import('../../app/blind-drill.ts'),
      import('../../inputs/load-policy.ts'),
    ])
    const policy = await loadPolicy(flags.policy)
    const revealed = await revealFault(args.seal, args.run, flags.hash, { policy, signal: interruption })
    if (flags.json) printDocument(revealed)
    else printResult(formatRevealed(revealed, terminalWidth()).join('\n'))
    this.finish(exitCodeOfDecision(DECISIONS[revealed.result]))
  }
}
