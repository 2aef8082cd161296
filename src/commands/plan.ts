import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { interruption } from '../cli/interruption.ts'
import { planFlags } from '../cli/run-flags.ts'
import { terminalLog } from '../cli/terminal-log.ts'
import { printDocument, printLine, printResult, terminalWidth } from '../cli/terminal.ts'

export default class Plan extends BaseCommand {
  static override summary = 'show which machines would be booted, why, and what that covers'
  static override args = { matrix: Args.string({ description: 'matrix file; or use --pict' }) }
  static override flags = {
    json: jsonFlag,
    lab: Flags.string({
      description: 'lab file: says what hosts can give, how long it takes and what it costs',
    }),
    candidate: Flags.string({ description: 'folder of the update' }),
    ...planFlags,
    pict: Flags.string({ description: 'read a PICT model instead of a matrix' }),
    html: Flags.string({ description: 'write a page with a picture of the coverage to this new file' }),
  }
  static override examples = [
    '<%= config.bin %> plan matrices/windows-endpoint.yaml',
    '<%= config.bin %> plan --pict model.pict --strength 3 --html plan.html',
  ]

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Plan)
    const { planCommand } = await import('../app/plan-command.ts')
    const { json, matrix, ...rest } = { ...flags, ...args }
    const { plan, cost, page } = await planCommand({ ...rest, matrix }, interruption, terminalLog)
    if (page !== undefined) printLine(`wrote ${page}`)
    if (json) return printDocument(plan)
    const { formatPlan } = await import('../cli/format-plan.ts')
    printResult(formatPlan(plan, cost, terminalWidth()).join('\n'))
  }
}
