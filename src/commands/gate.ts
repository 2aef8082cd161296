import { Args, Flags } from '@oclif/core'
import { exitCodeOfDecision } from '../cli/exit-codes.ts'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { printDocument, printResult } from '../cli/terminal.ts'

export default class GateCommand extends BaseCommand {
  static override summary = 'Decide release or hold for a recorded run; the exit code is the decision'
  static override args = { run: Args.string({ required: true, description: 'folder of the run' }) }
  static override flags = {
    json: jsonFlag,
    policy: Flags.string({ description: 'path to the gate policy (default: the built-in policy)' }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GateCommand)
    const [{ gateRun }, { loadPolicy }, { systemClock }, { formatGate }] = await Promise.all([
      import('../app/gate-run.ts'),
      import('../inputs/load-policy.ts'),
      import('../kit/clock.ts'),
      import('../cli/format-gate.ts'),
    ])
    const gate = await gateRun(args.run, await loadPolicy(flags.policy), systemClock.now())
    if (flags.json) printDocument(gate)
    else printResult(formatGate(gate).join('\n'))
    this.finish(exitCodeOfDecision(gate.decision))
  }
}
