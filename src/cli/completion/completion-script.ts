/** The completion of a shell, from what oclif knows of the commands. */
import type { Command } from '@oclif/core'
import { bashCompletion } from './bash.ts'
import type { CompletedCommand } from './completed-command.ts'
import { fishCompletion } from './fish.ts'
import { powershellCompletion } from './powershell.ts'
import { zshCompletion } from './zsh.ts'

const SCRIPTS = {
  bash: bashCompletion,
  fish: fishCompletion,
  powershell: powershellCompletion,
  zsh: zshCompletion,
} as const

/** Commands that nobody is shown are left out. */
export function completionScript(
  shell: keyof typeof SCRIPTS,
  bin: string,
  commands: readonly Command.Loadable[],
): string {
  const completed: readonly CompletedCommand[] = commands
    .filter(({ hidden }) => !hidden)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, summary = '', flags }) => ({
      id,
      summary,
      flags: Object.entries(flags).map(([name, flag]) => ({
        name,
        takesValue: flag.type === 'option',
        options: flag.type === 'option' ? (flag.options ?? []) : [],
        description: flag.summary ?? flag.description ?? '',
      })),
    }))
  return SCRIPTS[shell](bin, completed)
}
