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
let known: (thrown: unknown) => boolean = () => false
/** Until the terminal is loaded, which makes foreign text harmless. */
let write: (text: string) => void = (text) => void process.stderr.write(`${text}\n`)
// Node would end with 1, which says hold. Set before the first module is loaded that could fail.
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (thrown: unknown) => {
    if (known(thrown)) return
    const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
    write(`error: a fault of ringzero or of a plugin: ${text}\n  more: ringzero explain BUG_UNEXPECTED`)
    process.exit(4)
  })
const { enableCompileCache } = await import('node:module')

// Half of a start is compiling what never changes. In the user's own folder: a place that others can write could feed us code.
// Before the first large module is loaded; where the folder cannot be written nothing is kept.
enableCompileCache(join(homedir(), '.cache', 'ringzero', 'compiled'))
const [
  { run },
  { interrupt, interruption },
  { EXIT, exitCodeOfFault, finalCode },
  { isLostOutput, outputLost, printLine, watchOutputs },
  { isExit, printError, tellError },
  { AppError },
  { waitForOpenFiles },
] = await Promise.all([
  import('@oclif/core/run'),
  import('./cli/interruption.ts'),
  import('./cli/exit-codes.ts'),
  import('./cli/terminal.ts'),
  import('./cli/tell-error.ts'),
  import('./model/errors.ts'),
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
watchOutputs()
write = printLine
// oclif throws what standard output tells (command.js); it is remembered already.
known = isLostOutput

try {
  await run(process.argv.slice(2), import.meta.url)
  await end(EXIT.done)
} catch (thrown) {
  await end(
    isExit(thrown)
      ? (thrown.oclif?.exit ?? EXIT.toolFault)
      : exitCodeOfFault(tellError(thrown, process.argv.slice(2)).fault),
  )
}

async function end(code: number): Promise<never> {
  await flushed()
  const lost = outputLost()
  if (lost !== undefined)
    printError(
      new AppError(
        'OUTPUT_LOST',
        'tool',
        `standard output could not be written (${lost}): what it got is not whole`,
      ),
    )
  await flushed()
  process.exit(finalCode(code, { interrupted: interruption.aborted, outputLost: lost !== undefined }))
}

/** A pipe takes 64 KiB at once: what a slow reader has not read yet would be lost with the process. */
async function flushed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr])
    if (stream.writable) await new Promise<void>((resolve) => void stream.write('', () => resolve()))
}
