/** Asks a person on the terminal. The prompts are loaded only where someone is asked. */
import { AppError } from '../model/errors.ts'
import { promptStreams } from './terminal.ts'

export interface Asked {
  readonly message: string
  readonly choices?: readonly string[]
  readonly proposal?: string
}

/** The answer, trimmed; '' where a text was left open. @throws AppError INTERRUPTED (cancelled) on Ctrl-C */
export async function ask({ message, choices, proposal }: Asked): Promise<string> {
  const { input, select } = await import('@inquirer/prompts')
  try {
    if (choices === undefined)
      return (
        await input({ message, ...(proposal === undefined ? {} : { default: proposal }) }, promptStreams())
      ).trim()
    return await select(
      { message, choices: [...choices], ...(proposal === undefined ? {} : { default: proposal }) },
      promptStreams(),
    )
  } catch (error) {
    if ((error as Error).name !== 'ExitPromptError') throw error
    throw new AppError('INTERRUPTED', 'cancelled', 'stopped before all questions were answered', {
      cause: error,
    })
  }
}
