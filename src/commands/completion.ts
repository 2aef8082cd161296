import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { printResult } from '../cli/terminal.ts'

const SHELLS = ['bash', 'fish', 'powershell', 'zsh'] as const
type Shell = (typeof SHELLS)[number]

export default class Completion extends BaseCommand {
  static override summary = 'Print the completion of a shell: commands, flags and the values that they take'
  static override description =
    'Write it to a file that the shell reads when it starts; where it offers nothing, the shell offers files. PowerShell: 5.1 and 7.'
  static override args = {
    shell: Args.string({ options: [...SHELLS], required: true, description: 'shell' }),
  }
  static override examples = [
    '<%= config.bin %> completion bash > ~/.<%= config.bin %>.bash; echo "source ~/.<%= config.bin %>.bash" >> ~/.bashrc',
    '<%= config.bin %> completion zsh > ~/.<%= config.bin %>.zsh; echo "source ~/.<%= config.bin %>.zsh" >> ~/.zshrc',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/<%= config.bin %>.fish',
    '<%= config.bin %> completion powershell > "$HOME/<%= config.bin %>.ps1"; Add-Content $PROFILE ". $HOME/<%= config.bin %>.ps1"',
  ]

  async run(): Promise<void> {
    const { args } = await this.parse(Completion)
    const { completionScript } = await import('../cli/completion/completion-script.ts')
    printResult(completionScript(args.shell as Shell, this.config.bin, this.config.commands))
  }
}
