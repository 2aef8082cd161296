#!/usr/bin/env node
/** Entry of the command line: the only file that ends the process. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { tooOldNode } from './cli/node-version.ts'

// Before anything is loaded that an older Node.js lacks: it would end with a SyntaxError of its own.
const tooOld = tooOldNode(process.versions.node)
if (tooOld !== undefined) {
  process.stderr.write(`${tooOld}\n`)
  process.exit(2)
}
const { enableCompileCache } = await import('node:module')

// Half of a start is compiling what never changes. In the user's own folder: a place that others can write could feed us code.
// Before the first large module is loaded; where the folder cannot be written nothing is kept.
enableCompileCache(join(homedir(), '.cache', 'ringzero', 'compiled'))
const [{ run }, { interrupt }, { EXIT }, { printLine }, { waitForOpenFiles }] = await Promise.all([
  import('@oclif/core/run'),
  import('./cli/interruption.ts'),
  import('./cli/exit-codes.ts'),
  import('./cli/terminal.ts'),
  import('./kit/patient-files.ts'),
])
if (process.platform === 'win32') {
  waitForOpenFiles()
  // oclif would start PowerShell at every command and wait for it, to learn which shell its help is written for (util/os.js).
  process.env['SHELL'] ||= process.env['ComSpec'] ?? 'cmd.exe'
}

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
  await flushed()
  process.exit(EXIT.done)
} catch (thrown) {
  const exit = (thrown as { readonly oclif?: { readonly exit?: number } }).oclif?.exit
  if ((thrown as { readonly code?: string }).code !== 'EEXIT')
    printLine(`error: ${(thrown as Error).message}`)
  await flushed()
  process.exit(exit ?? EXIT.toolFault)
}

/** A pipe takes 64 KiB at once: what a slow reader has not read yet would be lost with the process. */
async function flushed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => stream.write('', () => resolve()))
}
