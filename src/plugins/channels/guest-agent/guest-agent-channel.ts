/**
 * The way into a guest through the QEMU guest agent. Programs and arguments travel as JSON lists, never as a line for
 * a shell; output is bounded; file bytes are compared by hash after they were written.
 */
import { createHash, randomBytes, type Hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { open, readFile, type FileHandle } from 'node:fs/promises'
import { assetPath } from '../../../kit/assets.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import type { OsName } from '../../../model/recipe.ts'
import { ChannelLost, type Channel, type ExecRequest, type ExecResult } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import {
  bytesMember,
  handleOf,
  member,
  numberMember,
  readExecResult,
  readProgramAnswer,
} from './read-answer.ts'
import { GuestAgentError, type GuestAgentClient } from './guest-agent-client.ts'

const DEFAULT_OUTPUT_BYTES = 1024 * 1024
const DEFAULT_PULL_BYTES = 64 * 1024 * 1024
/** Bytes of a file in one request: the agent decodes a request whole, so that this bounds its memory in small guests. */
const WRITE_CHUNK_BYTES = 1024 * 1024
const READ_CHUNK_BYTES = 1024 * 1024
/** What a shell answers for a program that is not there (POSIX, Shell Command Language 2.8.2). */
const EXIT_NOT_FOUND = 127
const EXIT_NOT_EXECUTABLE = 126

/**
 * guest-exec replaces the whole environment as soon as one variable is given (glib's envp), so these come first.
 * Windows programs need SystemRoot to load their libraries.
 */
const BASE_ENVIRONMENT: Readonly<Record<OsName, Readonly<Record<string, string>>>> = {
  linux: {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LANG: 'C.UTF-8',
  },
  windows: {
    SystemRoot: 'C:\\Windows',
    windir: 'C:\\Windows',
    SystemDrive: 'C:',
    ProgramData: 'C:\\ProgramData',
    ProgramFiles: 'C:\\Program Files',
    ComSpec: 'C:\\Windows\\System32\\cmd.exe',
    PATH: 'C:\\Windows\\System32;C:\\Windows;C:\\Windows\\System32\\Wbem;C:\\Windows\\System32\\WindowsPowerShell\\v1.0',
    TEMP: 'C:\\Windows\\Temp',
    TMP: 'C:\\Windows\\Temp',
  },
}

/** Such an argument has to be quoted behind its name, as `INSTALLDIR="C:\\Program Files\\Acme"`. */
const NAME_AND_SPACED_VALUE = /^[A-Za-z_][A-Za-z0-9_.]*=.*[\s"]/s

let leaveBehind: string | undefined

export class GuestAgentChannel implements Channel {
  readonly #client: GuestAgentClient
  readonly #epoch: number
  readonly #os: OsName
  #closed = false

  /** `epoch` is what `client.synchronize` proved alive; the channel dies with that life of the guest. */
  constructor(client: GuestAgentClient, epoch: number, os: OsName) {
    this.#client = client
    this.#epoch = epoch
    this.#os = os
  }

  /** A program that is not there or may not run ends with 127 or 126, as in a shell, and the agent's words on stderr. */
  async exec(request: ExecRequest, ctx: Context): Promise<ExecResult> {
    if (this.#os === 'windows' && needsOwnScript(request)) return await this.#execByScript(request, ctx)
    return await this.#run(request, ctx, true)
  }

  /** By a script of ours that starts the program, keeps what it says and writes it into a file. */
  async #execByScript(request: ExecRequest, ctx: Context): Promise<ExecResult> {
    const answer = `C:\\Windows\\Temp\\ringzero-exec-${randomBytes(12).toString('hex')}`
    const limit = request.maximumBytes ?? DEFAULT_OUTPUT_BYTES
    const environment = Object.entries(request.environment ?? {})
    const wanted = {
      script: base64(
        await readFile(assetPath('plugins/channels/powershell-direct/scripts/guest/exec.ps1'), 'utf8'),
      ),
      program: base64(request.program),
      arguments: request.arguments.map(base64),
      input: request.input === undefined ? null : base64(request.input),
      names: environment.map(([name]) => base64(name)),
      values: environment.map(([, value]) => base64(value)),
      limit,
      answer: base64(answer),
    }
    const script = await readFile(assetPath('plugins/channels/guest-agent/run-program.ps1'), 'utf8')
    await this.#run(
      { ...powerShell(script), input: `${base64(JSON.stringify(wanted))}\n` },
      ctx,
      // Whatever the program leaves behind would hold the agent's own pipes as well.
      false,
    )
    const pieces: Buffer[] = []
    // Two streams in base64, and a few names.
    await this.#read(answer, ctx, limit * 3 + 65_536, async (piece) => void pieces.push(piece))
    await this.#run({ program: 'cmd.exe', arguments: ['/d', '/c', 'del', '/f', '/q', answer] }, ctx, true)
    return readProgramAnswer(Buffer.concat(pieces), limit)
  }

  /** `keepOutput` false: the agent gives the program no pipes to write to, and its result has no output. */
  async #run(request: ExecRequest, ctx: Context, keepOutput: boolean): Promise<ExecResult> {
    const maximum = request.maximumBytes ?? DEFAULT_OUTPUT_BYTES
    let started: unknown
    try {
      started = await this.#call('guest-exec', this.#execArguments(request, keepOutput), ctx)
    } catch (error) {
      if (!(error instanceof GuestAgentError)) throw error
      const exitCode = /permission|exec format|access is denied/i.test(error.message)
        ? EXIT_NOT_EXECUTABLE
        : EXIT_NOT_FOUND
      return {
        exitCode,
        stdout: Buffer.alloc(0),
        stderr: Buffer.from(`${error.message}\n`),
        truncated: false,
      }
    }
    const pid = numberMember(started, 'pid')
    const since = ctx.clock.now()
    const { pace } = this.#client
    const pauses = pace.pauses(request)
    for (;;) {
      const pause = pauses.next().value
      await ctx.clock.sleep(Math.max(0, Math.min(pause, ctx.deadline - ctx.clock.now())), ctx.signal)
      const asked = ctx.clock.now()
      const status = await this.#agreed('guest-exec-status', { pid }, ctx)
      if (member(status, 'exited') !== true) continue
      pace.ended(request, asked - since)
      return readExecResult(status, maximum)
    }
  }

  async push(localPath: string, guestPath: string, ctx: Context): Promise<void> {
    const handle = await this.#openForWriting(guestPath, ctx)
    const written = createHash('sha256')
    await this.#withHandle(handle, ctx, async () => {
      const local = await open(localPath, 'r')
      try {
        await this.#writeAll(local, handle, written, ctx)
        await this.#agreed('guest-file-flush', { handle }, ctx)
      } finally {
        await local.close()
      }
    })
    const found = createHash('sha256')
    await this.#read(guestPath, ctx, Number.POSITIVE_INFINITY, async (piece) => void found.update(piece))
    if (found.digest('hex') !== written.digest('hex'))
      throw new AppError(
        'GUEST_FILE_DIFFERS',
        'tool',
        `${oneLine(guestPath)} does not hold in the guest what was written to it`,
        {
          hint: 'look for a program in the guest that changes new files, or for a full disk',
        },
      )
  }

  async pull(
    guestPath: string,
    localPath: string,
    ctx: Context,
    maximumBytes = DEFAULT_PULL_BYTES,
  ): Promise<{ readonly truncated: boolean }> {
    const local = await open(localPath, 'w', 0o600)
    try {
      return await this.#read(guestPath, ctx, maximumBytes, async (piece) => await local.writeFile(piece))
    } finally {
      await local.close()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.resolve()
  }

  #execArguments(request: ExecRequest, keepOutput: boolean): Record<string, unknown> {
    const environment =
      request.environment === undefined
        ? undefined
        : { ...BASE_ENVIRONMENT[this.#os], ...request.environment }
    return {
      ...this.#programOf(request),
      'capture-output': keepOutput,
      ...(environment === undefined
        ? {}
        : { env: Object.entries(environment).map(([name, value]) => `${name}=${value}`) }),
      ...(request.input === undefined ? {} : { 'input-data': Buffer.from(request.input).toString('base64') }),
    }
  }

  /** The agent takes a program for running while anybody holds its output: on Linux a shell of the guest stands between. */
  #programOf(request: ExecRequest): { readonly path: string; readonly arg: readonly string[] } {
    if (request.mayLeaveProcesses !== true || this.#os !== 'linux')
      return { path: request.program, arg: request.arguments }
    leaveBehind ??= readFileSync(assetPath('plugins/channels/guest-agent/leave-behind.sh'), 'utf8')
    return { path: '/bin/sh', arg: ['-c', leaveBehind, 'sh', request.program, ...request.arguments] }
  }

  async #writeAll(local: FileHandle, handle: number, hash: Hash, ctx: Context): Promise<void> {
    const buffer = Buffer.alloc(WRITE_CHUNK_BYTES)
    for (;;) {
      const { bytesRead } = await local.read(buffer, 0, buffer.length)
      if (bytesRead === 0) return
      let rest = buffer.subarray(0, bytesRead)
      hash.update(rest)
      while (rest.length > 0) {
        const answer = await this.#agreed(
          'guest-file-write',
          { handle, 'buf-b64': rest.toString('base64') },
          ctx,
        )
        const count = numberMember(answer, 'count')
        if (count < 1 || count > rest.length)
          throw new ChannelLost('guest-file-write: an impossible count came back')
        rest = rest.subarray(count)
      }
    }
  }

  async #openForWriting(guestPath: string, ctx: Context): Promise<number> {
    const opened = async (): Promise<number> =>
      handleOf(await this.#call('guest-file-open', { path: guestPath, mode: 'wb' }, ctx))
    try {
      return await opened()
    } catch (error) {
      if (!(error instanceof GuestAgentError)) throw error
      await this.#makeFolder(guestPath, ctx)
    }
    try {
      return await opened()
    } catch (error) {
      throw refused(error, guestPath)
    }
  }

  async #makeFolder(guestPath: string, ctx: Context): Promise<void> {
    const folder = guestPath.replace(/[\\/]+[^\\/]*$/, '')
    if (folder === '' || /^[A-Za-z]:$/.test(folder)) return
    if (this.#os === 'linux') {
      await this.exec({ program: 'mkdir', arguments: ['-p', '--', folder] }, ctx)
      return
    }
    const script = await readFile(assetPath('plugins/channels/guest-agent/make-folder.ps1'), 'utf8')
    await this.exec({ ...powerShell(script), environment: { RINGZERO_FOLDER: folder } }, ctx)
  }

  async #read(
    guestPath: string,
    ctx: Context,
    maximumBytes: number,
    take: (piece: Buffer) => Promise<void>,
  ): Promise<{ readonly truncated: boolean }> {
    let handle: number
    try {
      handle = handleOf(await this.#call('guest-file-open', { path: guestPath, mode: 'rb' }, ctx))
    } catch (error) {
      if (!(error instanceof GuestAgentError)) throw error
      throw new AppError(
        'GUEST_FILE_MISSING',
        'tool',
        `the guest has no readable file ${oneLine(guestPath)}`,
        {
          cause: error,
          hint: `the guest said: ${oneLine(error.message)}`,
        },
      )
    }
    return await this.#withHandle(handle, ctx, async () => {
      for (let kept = 0; ;) {
        const count = Math.min(READ_CHUNK_BYTES, maximumBytes - kept + 1)
        const answer = await this.#agreed('guest-file-read', { handle, count }, ctx)
        const piece = bytesMember(answer, 'buf-b64')
        const room = maximumBytes - kept
        if (piece.length > 0) await take(piece.length > room ? piece.subarray(0, room) : piece)
        if (piece.length > room) return { truncated: true }
        kept += piece.length
        if (member(answer, 'eof') === true || piece.length === 0) return { truncated: false }
      }
    })
  }

  /** Closes the guest's file handle whatever happened; a failure to close never hides the first error. */
  async #withHandle<T>(handle: number, ctx: Context, work: () => Promise<T>): Promise<T> {
    let result: T
    try {
      result = await work()
    } catch (error) {
      if (error instanceof GuestAgentError || error instanceof AppError)
        await this.#call('guest-file-close', { handle }, ctx).catch(() => undefined)
      throw error
    }
    await this.#agreed('guest-file-close', { handle }, ctx)
    return result
  }

  async #call(
    command: string,
    callArguments: Readonly<Record<string, unknown>>,
    ctx: Context,
  ): Promise<unknown> {
    if (this.#closed) throw new ChannelLost('the channel was closed')
    return await this.#client.call(command, callArguments, this.#epoch, ctx)
  }

  /** A call that a sound guest does not refuse; a refusal is the guest's state (disk full, handle gone), not a lost link. */
  async #agreed(
    command: string,
    callArguments: Readonly<Record<string, unknown>>,
    ctx: Context,
  ): Promise<unknown> {
    try {
      return await this.#call(command, callArguments, ctx)
    } catch (error) {
      throw refused(error, command)
    }
  }
}

function needsOwnScript(request: ExecRequest): boolean {
  return (
    request.mayLeaveProcesses === true || request.arguments.some((word) => NAME_AND_SPACED_VALUE.test(word))
  )
}

/** Windows PowerShell with a script of ours, in the form that no policy for script files refuses. */
function powerShell(script: string): { readonly program: string; readonly arguments: readonly string[] } {
  const encoded = Buffer.from(script, 'utf16le').toString('base64')
  return {
    program: 'powershell.exe',
    arguments: ['-NoLogo', '-NoProfile', '-NonInteractive', '-EncodedCommand', encoded],
  }
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

function refused(error: unknown, what: string): unknown {
  if (!(error instanceof GuestAgentError)) return error
  return new AppError('GUEST_REFUSED', 'tool', `the guest refused ${oneLine(what)}: ${error.message}`, {
    cause: error,
  })
}
