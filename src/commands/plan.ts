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
    out: Flags.string({
      description:
        'path of a file to write the plan to, for `ringzero run --plan`; needs --lab and --candidate',
      dependsOn: ['lab', 'candidate'],
    }),
    pict: Flags.string({ description: 'path to a PICT model to use instead of a matrix file' }),
    html: Flags.string({ description: 'path of an HTML page to write that shows the coverage' }),
  }
  static override examples = [
    '<%= config.bin %> plan matrices/windows-endpoint.yaml',
    '<%= config.bin %> plan matrix.yaml --lab lab.yaml --candidate update --out plan.json',
    '<%= config.bin %> plan --pict model.pict --strength 3 --html plan.html',
  ]

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Plan)
    const { planCommand } = await import('../app/plan-command.ts')
    const { json, matrix, ...rest } = { ...flags, ...args }
    const { plan, cost, page, out } = await planCommand({ ...rest, matrix }, interruption, terminalLog)
    for (const file of [page, out]) if (file !== undefined) printLine(`wrote ${file}`)
    if (json) return printDocument(plan)
    const { formatPlan } = await import('../cli/format-plan.ts')
    printResult(formatPlan(plan, cost, terminalWidth()).join('\n'))
  }
}
