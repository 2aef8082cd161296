import { Args, Flags } from '@oclif/core'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { printDocument, printResult, terminalWidth } from '../cli/terminal.ts'
import { AppError } from '../model/errors.ts'

export default class Explain extends BaseCommand {
  static override summary =
    'Show everything about one cell, or what the code of an error means and what to do about it'
  static override args = {
    run: Args.string({ description: 'folder of the run, or the code of an error' }),
    cell: Args.string({ description: 'id of the cell, or its first characters' }),
  }
  static override flags = {
    json: jsonFlag,
    policy: Flags.string({ description: 'path to the gate policy (default: the built-in policy)' }),
    list: Flags.boolean({ description: 'list the codes of all errors', default: false }),
  }
  static override examples = [
    '<%= config.bin %> explain runs/20261122T195200Z-4f1c 5402103',
    '<%= config.bin %> explain INPUT_INVALID',
    '<%= config.bin %> explain --list',
  ]

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Explain)
    const { run, cell } = args
    if (run !== undefined && cell !== undefined) return await explainCellOf(run, cell, flags)
    const { explainCode, listCodes } = await import('../cli/explain-code.ts')
    if (!flags.list && run === undefined)
      throw new AppError('USAGE', 'user', 'nothing is named that could be explained', {
        hint: 'give a run and a cell, or the code of an error; --list shows the codes',
      })
    const explained = run === undefined ? listCodes(terminalWidth()) : explainCode(run, terminalWidth())
    if (flags.json) printDocument(explained.document)
    else printResult(explained.lines.join('\n'))
  }
}

async function explainCellOf(
  run: string,
  cell: string,
  { json, policy }: { readonly json: boolean; readonly policy: string | undefined },
): Promise<void> {
  const [{ explainCell }, { loadPolicy }, { systemClock }, { formatExplanation }] = await Promise.all([
    import('../app/explain-cell.ts'),
    import('../inputs/load-policy.ts'),
    import('../kit/clock.ts'),
    import('../cli/format-explanation.ts'),
  ])
  const explained = await explainCell(run, cell, await loadPolicy(policy), systemClock.now())
  if (json) printDocument(explained)
  else printResult(formatExplanation(explained).join('\n'))
}
