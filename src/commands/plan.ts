import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { interruption } from '../cli/interruption.ts'
import { planFlags } from '../cli/run-flags.ts'
import { terminalLog } from '../cli/terminal-log.ts'
import { printDocument, printLine, printResult, terminalWidth } from '../cli/terminal.ts'

export default class Plan extends BaseCommand {
  static override summary = 'Show which configurations would be tested, why, and what they cover'
  static override args = {
    matrix: Args.string({ description: 'path to the matrix file (not used with --pict)' }),
  }
  static override flags = {
    json: jsonFlag,
    lab: Flags.string({
      description: 'path to the lab file; shows which host runs what, the duration and the cost',
    }),
    candidate: Flags.string({ description: 'folder of the update under test, with its candidate.yaml' }),
    ...planFlags,
    pict: Flags.string({ description: 'path to a PICT model to use instead of a matrix file' }),
    html: Flags.string({ description: 'path of an HTML page to write that shows the coverage' }),
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
