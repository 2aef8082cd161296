import type { Diagnosis } from '../app/doctor.ts'
import { printColoured, printLine } from './terminal.ts'

/** What doctor found, for people: each finding in its colour, then the commands that fix what is missing. */
export function printDiagnosis({ findings, fixes, ready }: Diagnosis): void {
  for (const { state, message, required } of findings) {
    if (state === 'ok') printColoured('green', `✓ ${message}`)
    else if (required) printColoured('red', `✗ ${message}`)
    else printColoured('yellow', `! ${message}`)
  }
  if (fixes.length > 0) printLine(`to fix it:\n  ${fixes.join('\n  ')}`)
  printLine(ready ? 'ready' : 'not ready')
}
