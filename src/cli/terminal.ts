/** The only writer to the console. People's text goes to standard error, documents for machines to standard output. */
import { createInterface } from 'node:readline/promises'
import { jsonPieces } from '../kit/json-pieces.ts'
import { printable } from '../kit/text.ts'

/** Prints one JSON document on standard output. */
export function printDocument(document: object): void {
  for (const piece of jsonPieces(document)) process.stdout.write(piece)
}

/** Prints text that is the command's result (a table, a report) on standard output. */
export function printResult(text: string): void {
  process.stdout.write(`${printable(text)}\n`)
}

/** Prints a line for people on standard error. Escapes and control characters in foreign text never reach the terminal. */
export function printLine(text: string): void {
  process.stderr.write(`${printable(text)}\n`)
}

/** A line for people in a colour, where standard error is a terminal that shows colours (https://no-color.org). */
export function printColoured(colour: 'red' | 'green' | 'yellow' | 'dim' | 'bold', text: string): void {
  const line = printable(text)
  process.stderr.write(coloursWanted() ? `\u001b[${COLOURS[colour]}m${line}\u001b[0m\n` : `${line}\n`)
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
