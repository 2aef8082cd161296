/** The log of a command, as a person sees it. */
import type { Logger } from '../sdk/context.ts'
import { printLine } from './terminal.ts'

/** What is said at `warn` and above reaches the terminal; what a run says below that is in its journal. */
export const terminalLog: Logger = {
  log(level, message) {
    if (level === 'warn' || level === 'error') printLine(`${level}: ${message}`)
  },
}
