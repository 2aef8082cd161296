/** `ringzero --help`: the commands by what a person wants. Everything else is oclif's own help. */
import { Help } from '@oclif/core'
import { groupCommands } from './command-groups.ts'

export default class GroupedHelp extends Help {
  override async showRootHelp(): Promise<void> {
    const commands = new Map(this.sortedCommands.map((command) => [command.id, command]))
    this.log(`${this.formatRoot()}\n`)
    for (const { title, ids } of groupCommands([...commands.keys()])) {
      const rows = ids.map((id): [string, string | undefined] => {
        const command = commands.get(id)
        return [id.replaceAll(':', ' '), command === undefined ? undefined : this.summary(command)]
      })
      const body = this.renderList(rows, {
        indentation: 2,
        spacer: '\n',
        stripAnsi: this.opts.stripAnsi ?? false,
      })
      this.log(`${this.section(title.toUpperCase(), body)}\n`)
    }
    this.log('`ringzero COMMAND --help` says more. Pages: docs/ of the package, README.md first.')
    await Promise.resolve()
  }
}
