/** The way into a running guest. It knows no product and no operating system. */
import type { Context } from './context.ts'

export interface ExecRequest {
  readonly program: string
  readonly arguments: readonly string[]
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Bytes kept of each stream; default 1 MiB. */
  readonly maximumBytes?: number
  /**
   * A program of somebody else, which may leave processes behind that keep its output open. It has ended when its own process
   * has; what those still write is waited for 3 s and then left out, and they run on.
   */
  readonly mayLeaveProcesses?: boolean
}

export interface ExecResult {
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: Buffer
  readonly truncated: boolean
}

/** Thrown when the link to the guest broke or stays silent; the caller asks the host's signals what happened. */
export class ChannelLost extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ChannelLost'
  }
}

export interface Channel {
  /**
   * Runs a program and waits for its end. A non-zero exit is a value.
   * @throws ChannelLost when the link broke; DeadlineError when ctx.deadline passed (the program may still run)
   */
  exec(request: ExecRequest, ctx: Context): Promise<ExecResult>
  /** Copies a file of the host into the guest, byte for byte, making its folder, and reads it back there. @throws ChannelLost, DeadlineError, AppError GUEST_FILE_DIFFERS or GUEST_FILE_MISSING when it does not stand there as it was sent */
  push(localPath: string, guestPath: string, ctx: Context): Promise<void>
  /** Copies a file of the guest to the host; at most `maximumBytes` (default 64 MiB), `truncated` says if it was longer. @throws ChannelLost when the link broke, AppError GUEST_FILE_MISSING */
  pull(
    guestPath: string,
    localPath: string,
    ctx: Context,
    maximumBytes?: number,
  ): Promise<{ readonly truncated: boolean }>
  close(): Promise<void>
}
