import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { printResult } from '../cli/terminal.ts'

export default class Completion extends BaseCommand {
  static override summary = 'Print the completion of the fish shell'
  static override description = 'For bash, zsh and PowerShell see `<%= config.bin %> autocomplete`.'
  static override args = {
    shell: Args.string({ required: true, options: ['fish'], description: 'shell' }),
  }
  static override examples = [
    '<%= config.bin %> completion fish > ~/.config/fish/completions/<%= config.bin %>.fish',
  ]

  async run(): Promise<void> {
    await this.parse(Completion)
    const { fishCompletion } = await import('../cli/fish-completion.ts')
    const commands = this.config.commands
      .filter(({ hidden }) => !hidden)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    printResult(
      fishCompletion(
        this.config.bin,
        commands.map(({ id, summary = '', flags }) => ({
          id,
          summary,
          flags: Object.entries(flags).map(([name, flag]) => ({
            name,
            takesValue: flag.type === 'option',
            options: flag.type === 'option' ? (flag.options ?? []) : [],
            description: flag.description ?? '',
          })),
        })),
      ),
    )
  }
}
