/** The only file that starts processes. Arguments are arrays, never a line for a shell; output is bounded. */
import { delimiter } from 'node:path'
import { execa, type Options } from 'execa'
import { searchPath, windowsProgram } from './search-path.ts'

export interface RunOptions {
  readonly signal?: AbortSignal
  /** Milliseconds; then the process is killed and `timedOut` is true. */
  readonly timeoutMs?: number
  readonly input?: string | Uint8Array
  readonly cwd?: string
  /** Added to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>
  /** Bytes kept of each of the two streams; default 4 MiB. What is over is cut and `truncated` says so. */
  readonly maximumBytes?: number
}

/** A finished process. A non-zero exit is a value, not an error. */
export interface Finished {
  /** undefined when a signal ended it or it never started. */
  readonly exitCode: number | undefined
  readonly signal: string | undefined
  readonly stdout: Buffer
  readonly stderr: Buffer
  readonly timedOut: boolean
  readonly truncated: boolean
  /** Set when it could not be started at all, as `ENOENT`. */
  readonly startError: string | undefined
}

/** Runs a program to its end. Never rejects for what the program does; rejects with the signal's reason when aborted. */
export async function runProgram(
  program: string,
  programArguments: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const maximum = options.maximumBytes ?? 4 * 1024 * 1024
  const file = fileOf(program, options.cwd)
  if (file === undefined) return NOT_FOUND
  const result = await execa(file, [...programArguments], {
    encoding: 'buffer',
    reject: false,
    cleanup: true,
    maxBuffer: maximum,
    stripFinalNewline: false,
    forceKillAfterDelay: 2000,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: childEnvironment(options.environment),
  } satisfies Options)
  if (result.isCanceled) options.signal?.throwIfAborted()
  return {
    exitCode: result.exitCode,
    signal: result.signal,
    stdout: Buffer.from(result.stdout),
    stderr: Buffer.from(result.stderr),
    timedOut: result.timedOut,
    truncated: result.isMaxBuffer,
    startError:
      result.exitCode === undefined && result.signal === undefined
        ? (result.code ?? result.shortMessage)
        : undefined,
  }
}

const NOT_FOUND: Finished = {
  exitCode: undefined,
  signal: undefined,
  stdout: Buffer.alloc(0),
  stderr: Buffer.alloc(0),
  timedOut: false,
  truncated: false,
  startError: 'ENOENT',
}

/** What is started; undefined when Windows has no such program and would ask cmd.exe. Elsewhere the system looks itself. */
function fileOf(program: string, cwd: string | undefined): string | undefined {
  return process.platform === 'win32' ? windowsProgram(program, cwd) : program
}

/** Windows spells PATH in its own way and finds its system's programs by itself. */
function childEnvironment(extra: RunOptions['environment']): Record<string, string> {
  return process.platform === 'win32' ? { ...extra } : { PATH: searchPath().join(delimiter), ...extra }
}

/** A program that keeps running beside us. */
export interface Running {
  readonly pid: number
  /** Settles (never rejects) when the process is gone. `stderr` holds its last 64 KiB. */
  readonly exited: Promise<{
    readonly exitCode: number | undefined
    readonly signal: string | undefined
    readonly stderr: string
  }>
  kill(signal?: 'SIGTERM' | 'SIGKILL'): void
}

export interface StartOptions {
  readonly cwd?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Ends with us when our process ends in an orderly way; a kill -9 of ours is the sweep's business. Default true. */
  readonly cleanup?: boolean
  /** Called with what the process writes to standard output, in pieces. */
  readonly onOutput?: (piece: Buffer) => void
}

const STDERR_KEPT = 64 * 1024

/** Starts a program and returns at once. @throws Error when it cannot be started (`ENOENT`, `EACCES`) */
export async function startProgram(
  program: string,
  programArguments: readonly string[],
  options: StartOptions = {},
): Promise<Running> {
  const file = fileOf(program, options.cwd)
  if (file === undefined) throw new Error(`${program} could not be started: ENOENT`)
  const child = execa(file, [...programArguments], {
    encoding: 'buffer',
    reject: false,
    buffer: false,
    stdin: 'ignore',
    stdout: options.onOutput === undefined ? 'ignore' : 'pipe',
    stderr: 'pipe',
    cleanup: options.cleanup ?? true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: childEnvironment(options.environment),
  } satisfies Options)
  let stderr = Buffer.alloc(0)
  child.stderr?.on('data', (piece: Buffer) => {
    stderr = Buffer.concat([stderr, piece]).subarray(-STDERR_KEPT)
  })
  if (options.onOutput !== undefined) child.stdout?.on('data', options.onOutput)
  const exited = child.then((result) => ({
    exitCode: result.exitCode,
    signal: result.signal,
    stderr: stderr.toString('utf8'),
  }))
  if (child.pid === undefined) {
    const result = await child
    throw new Error(result.shortMessage ?? `${program} could not be started`)
  }
  return { pid: child.pid, exited, kill: (signal = 'SIGTERM') => void child.kill(signal) }
}
