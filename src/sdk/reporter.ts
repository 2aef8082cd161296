/** Renders. It gets frozen data, events in journal order; a reporter that throws fails the run at its end (exit 4). */
import type { RunEvent } from '../model/event.ts'
import type { Gate, Report } from '../model/report.ts'
import type { Context } from './context.ts'

export interface OutputFolder {
  /** Absolute; paths of evidence count from here, and the report folder lies in it. */
  readonly runFolder: string
  /** Writes one file of the report folder, whole or not at all; in pieces where it may be large. Returns its absolute path. */
  write(name: string, data: string | Uint8Array | Iterable<string>): Promise<string>
  /** Names of the files that the report folder has now. */
  list(): Promise<readonly string[]>
  /** Reads an evidence file of the run by its relative path, at most `maximumBytes` from its end; undefined when it is gone. */
  evidence(path: string, maximumBytes: number): Promise<Buffer | undefined>
}

export interface Reporter {
  readonly name: string
  onEvent?(event: RunEvent): void
  write?(report: Report, gate: Gate, output: OutputFolder, ctx: Context): Promise<void>
}
