/** What the provider's suite says to a guest: programs of the guest that the author's image understands. */
import type { ExecRequest } from '../channel.ts'

export interface GuestPhrases {
  /** Writes `out` to standard output and `err` to standard error, no newline added, and ends with this code. */
  say(out: string, err: string, exitCode: number): ExecRequest
  /** Copies standard input to standard output. */
  readonly copyInput: Omit<ExecRequest, 'input'>
  /** Writes at least so many bytes to standard output. */
  flood(bytes: number): ExecRequest
  sleep(seconds: number): ExecRequest
  /** Absolute guest path for a file of the suite; the name may hold blanks, quotes and letters of any language. */
  path(name: string): string
  /** Changes with each start of the guest and with nothing else. */
  readonly bootId: ExecRequest
  /** Writes what was written so far to the disk. */
  readonly sync: ExecRequest
  /** Restarts the guest in an orderly way, from inside. */
  readonly restart: ExecRequest
  /** Ends the kernel with a panic or bug check, after which the guest restarts by itself. */
  readonly panic: ExecRequest
  /** From the next start on the guest panics in early boot, again and again. */
  readonly panicAtEveryStart: ExecRequest
  /** Silences the guest (its agent at least) without any crash or restart. */
  readonly hang: ExecRequest
}
