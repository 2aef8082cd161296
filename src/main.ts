#!/usr/bin/env node
/** Entry of the command line: the only file that ends the process. */
import { flush, run } from '@oclif/core'
import { interrupt } from './cli/interruption.ts'
import { EXIT } from './cli/exit-codes.ts'
import { printLine } from './cli/terminal.ts'

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (interrupt(name)) process.exit(EXIT.interrupted)
  })
}
// A reader that went away (`ringzero … | head`) is not a fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done)
})

try {
  await run(process.argv.slice(2), import.meta.url)
  await flush()
  process.exit(EXIT.done)
} catch (thrown) {
  const exit = (thrown as { readonly oclif?: { readonly exit?: number } }).oclif?.exit
  if ((thrown as { readonly code?: string }).code !== 'EEXIT')
    printLine(`error: ${(thrown as Error).message}`)
  process.exit(exit ?? EXIT.toolFault)
}
