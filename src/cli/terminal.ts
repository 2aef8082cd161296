/** The only writer to the console. People's text goes to standard error, documents for machines to standard output. */
import { createInterface } from 'node:readline/promises'
import { systemClock } from '../kit/clock.ts'
import { jsonPieces } from '../kit/json-pieces.ts'
import { oneLine, printable } from '../kit/text.ts'
import { ciSystemOf, groupEnd, groupStart, withoutCommands } from './ci-log.ts'
import { asciiJson, plainSigns, signsOf } from './plain-signs.ts'

const told = new Set<unknown>()
let lost: NodeJS.ErrnoException | undefined

/**
 * Lets work go on when the disk under standard output is full or its reader went away, and remembers it for the exit code. Text
 * for people that is lost changes no decision.
 */
export function watchOutputs(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    lost ??= error
    told.add(error)
  })
  process.stderr.on('error', () => undefined)
}

/** Why standard output did not get all of what was printed; undefined when it did. */
export function outputLost(): string | undefined {
  return lost === undefined ? undefined : (lost.code ?? lost.message)
}

/** Whether this is an error of standard output that `outputLost` tells. */
export function isLostOutput(thrown: unknown): boolean {
  return thrown !== undefined && told.has(thrown)
}

/** A file is written at once, and its error thrown instead of told later. */
function writeOut(text: string): void {
  try {
    process.stdout.write(text)
  } catch (error) {
    lost ??= error as NodeJS.ErrnoException
  }
}

function writeError(text: string): void {
  try {
    process.stderr.write(text)
  } catch {
    // Nothing is left to say it on.
  }
}

/** Prints one JSON document on standard output. */
export function printDocument(document: object): void {
  for (const piece of jsonPieces(document)) {
    // Two of these signs stand only in strings; a CI system could read a command there.
    const inert = piece.replaceAll('##', '\\u0023#')
    writeOut(process.platform === 'win32' ? asciiJson(inert) : inert)
  }
}

/** Prints text that is the command's result (a table, a report) on standard output. */
export function printResult(text: string): void {
  writeOut(`${safe(text, process.stdout)}\n`)
}

/** Prints a line for people on standard error. Escapes and control characters in foreign text never reach the terminal. */
export function printLine(text: string): void {
  writeError(`${safe(text)}\n`)
}

/** A line for people in a colour, where standard error is a terminal that shows colours (https://no-color.org). */
export function printColoured(colour: 'red' | 'green' | 'yellow' | 'dim' | 'bold', text: string): void {
  const line = safe(text)
  writeError(coloursWanted() ? `\u001b[${COLOURS[colour]}m${line}\u001b[0m\n` : `${line}\n`)
}

/** Text as it may reach a terminal or a log: no escapes, no commands of CI systems, only signs that this terminal shows. */
function safe(text: string, stream: NodeJS.WriteStream = process.stderr): string {
  const signs = signsOf(process.platform, process.env, stream.isTTY)
  return plainSigns(withoutCommands(printable(text)), signs)
}

const CI_SYSTEM = ciSystemOf(process.env)

/** Opens a group of lines that folds in the log of a CI system; nothing elsewhere. @returns closes it */
export function openGroup(key: string, title: string): () => void {
  if (CI_SYSTEM === undefined) return () => undefined
  const name = `ringzero_${key.replace(/\W+/g, '_').slice(0, 60)}`
  const write = (line: string): void => writeError(`${line}\n`)
  write(groupStart(CI_SYSTEM, name, safe(oneLine(title, 200)), systemClock.now()))
  return () => write(groupEnd(CI_SYSTEM, name, systemClock.now()))
}

const COLOURS = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const

function coloursWanted(): boolean {
  return process.stderr.isTTY && process.env['NO_COLOR'] === undefined && process.env['TERM'] !== 'dumb'
}

/** True where a person watches and lines can be redrawn. */
export function isInteractive(): boolean {
  return process.stderr.isTTY && process.env['CI'] === undefined && process.env['TERM'] !== 'dumb'
}

/** Columns of the terminal; 80 where the width is unknown. */
export function terminalWidth(): number {
  return process.stderr.columns ?? process.stdout.columns ?? 80
}

/** Lines of the terminal; 24 where the height is unknown. */
export function terminalHeight(): number {
  return process.stderr.rows ?? process.stdout.rows ?? 24
}

/** True where a person can answer questions. */
export function canAsk(): boolean {
  return process.stdin.isTTY && isInteractive()
}

/** Where questions are read and written: not on standard output, which is for results. */
export function promptStreams(): { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream } {
  return { input: process.stdin, output: process.stderr }
}

/** Asks a yes-or-no question on the terminal; "no" where there is no terminal to answer on. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`${printable(question)} [y/N] `)).trim())
  } finally {
    lines.close()
  }
}
