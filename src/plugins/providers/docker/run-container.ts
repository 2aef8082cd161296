/** One container from its making to its end, and programs inside of a running one. */
import { PassThrough, type Duplex } from 'node:stream'
import type Dockerode from 'dockerode'
import { after, systemClock } from '../../../kit/clock.ts'
import type { Finished, RunOptions } from '../../../kit/process.ts'
import { boundedTail } from '../../../kit/text.ts'
import { containerSettings, type ContainerPlan } from './container-settings.ts'
import type { ProcessEnd } from '../shared/qemu/qemu-host.ts'
import { engineFault, statusOf } from './engine-fault.ts'

const DEFAULT_BYTES = 4 * 1024 * 1024
const STDERR_KEPT = 64 * 1024
/** A daemon that restarts is back within seconds; a daemon that stays away takes its machines with it. */
const ENGINE_BACK_MS = 30_000
const LOOK_MS = 3000
/** What a shell answers for a program that is not there or may not run (POSIX, Shell Command Language 2.8.2). */
const NOT_STARTED = [126, 127]

/** Makes and starts a container. Rejects ⇒ none is left. @throws AppError fault "host" */
export async function startContainer(
  engine: Dockerode,
  plan: ContainerPlan,
  onOutput?: (piece: Buffer) => void,
): Promise<Dockerode.Container> {
  let container: Dockerode.Container | undefined
  try {
    container = await engine.createContainer(containerSettings(plan))
    if (onOutput !== undefined) {
      const stream = await container.attach({ stream: true, stdout: true, stderr: false })
      const output = new PassThrough()
      output.on('data', onOutput)
      engine.modem.demuxStream(stream, output, new PassThrough().resume())
    }
    await container.start()
    return container
  } catch (error) {
    if (container !== undefined) await removeContainer(container).catch(() => undefined)
    throw engineFault('a container could not be started', error)
  }
}

/** Removes a container, running or not, with what it wrote; a container that is gone is no error. @throws AppError fault "host" */
export async function removeContainer(container: Dockerode.Container): Promise<void> {
  try {
    await container.remove({ force: true, v: true })
  } catch (error) {
    const status = statusOf(error)
    if (status === 404) return
    // "removal is already in progress": wait for whoever does it.
    if (status !== 409) throw engineFault('a container could not be removed', error)
    await container.wait({ condition: 'removed' }).catch(() => undefined)
  }
}

/**
 * Settles when the container has ended, with what the engine says of its end: exit code 137 is a kill from outside or the
 * memory limit. An engine that restarts meanwhile is asked again; an engine that stays away took the machine with it.
 */
export async function containerEnd(container: Dockerode.Container): Promise<ProcessEnd> {
  // dockerode never settles a wait whose answer was cut off behind its headers, so the container is looked at as well.
  const over = new AbortController()
  const waited = container.wait().then(
    () => undefined,
    async () => await new Promise<undefined>(() => undefined),
  )
  try {
    const gone = await Promise.race([waited, untilNotRunning(container, over.signal)])
    return gone ?? (await readEnd(container))
  } catch (error) {
    const { code, message } = engineFault('the end of a container could not be read', error)
    return lost(code, message)
  } finally {
    over.abort()
  }
}

/** Resolves when the container is seen not to run: with its end where the engine can no longer tell it. */
async function untilNotRunning(
  container: Dockerode.Container,
  signal: AbortSignal,
): Promise<ProcessEnd | undefined> {
  let awaySince: number | undefined
  for (;;) {
    await systemClock.sleep(LOOK_MS, signal)
    try {
      const { State: state } = await container.inspect()
      awaySince = undefined
      if (!state.Running && state.Status !== 'created') return undefined
    } catch (error) {
      if (statusOf(error) === 404) return lost('HOST_CONTAINER', 'its container was removed by somebody else')
      const now = systemClock.now()
      awaySince ??= now
      if (now - awaySince >= ENGINE_BACK_MS)
        return lost('HOST_ENGINE', 'the container engine does not answer any more')
    }
  }
}

function lost(code: string, words: string): ProcessEnd {
  return { exitCode: undefined, signal: undefined, stderr: '', hostReason: { code, words } }
}

async function readEnd(container: Dockerode.Container): Promise<ProcessEnd> {
  const [{ State: state, HostConfig: limits }, stderr] = await Promise.all([
    container.inspect(),
    readStandardError(container),
  ])
  const code = state.ExitCode
  const limit = Math.round((limits.Memory ?? 0) / 1024 ** 2)
  const memory = { code: 'HOST_MEMORY_FULL', words: `the container reached its memory limit of ${limit} MiB` }
  const words = [stderr.trim(), state.Error].filter((part) => part !== '').join('; ')
  const because = state.OOMKilled ? { hostReason: memory } : {}
  // 128 + the signal's number, as a shell says it.
  return code > 128 && code < 160
    ? {
        exitCode: undefined,
        signal: code === 137 ? 'SIGKILL' : `signal ${code - 128}`,
        stderr: words,
        ...because,
      }
    : { exitCode: code, signal: undefined, stderr: words, ...because }
}

async function readStandardError(container: Dockerode.Container): Promise<string> {
  const frames = await container.logs({ stdout: false, stderr: true, tail: 200 }).catch(() => Buffer.alloc(0))
  return boundedTail(framePayloads(frames).toString('utf8'), STDERR_KEPT)
}

/** Payloads of the engine's frames: one byte of stream, three of nothing, four of length (Docker Engine API, "Stream format"). */
export function framePayloads(frames: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at + 8 <= frames.length;) {
    const end = at + 8 + frames.readUInt32BE(at + 4)
    parts.push(frames.subarray(at + 8, end))
    at = end
  }
  return Buffer.concat(parts)
}

/** Runs a program inside a running container to its end, as `runProgram` does on this computer. `user`: `uid:gid`; default the container's. */
export async function runInside(
  engine: Dockerode,
  container: Dockerode.Container,
  program: string,
  programArguments: readonly string[],
  folder: string | undefined,
  options: Omit<RunOptions, 'cwd'> & { readonly user?: string },
): Promise<Finished> {
  options.signal?.throwIfAborted()
  const { input } = options
  const bytes = input === undefined ? 0 : Buffer.byteLength(input)
  // The end of a hijacked stream closes both directions (dockerode #48), so the input's end is told by its length.
  const command =
    input === undefined
      ? [program, ...programArguments]
      : ['sh', '-c', 'n=$1; shift; head -c "$n" | "$@"', 'sh', String(bytes), program, ...programArguments]
  try {
    const exec = await container.exec({
      Cmd: command,
      AttachStdin: input !== undefined,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      Env: Object.entries(options.environment ?? {}).map(([name, value]) => `${name}=${value}`),
      ...(folder === undefined ? {} : { WorkingDir: folder }),
      ...(options.user === undefined ? {} : { User: options.user }),
    })
    const stream = await exec.start({ hijack: true, stdin: input !== undefined })
    const collected = collect(engine, stream, options)
    if (input !== undefined) stream.write(input)
    const { stdout, stderr, cut, timedOut } = await collected
    if (timedOut) return { ...UNFINISHED, stdout, stderr, timedOut }
    const { ExitCode: exitCode } = await exec.inspect()
    const notStarted =
      NOT_STARTED.includes(exitCode ?? 0) &&
      /executable file not found|no such file/i.test(
        `${stdout.toString('utf8', 0, 2000)} ${stderr.toString('utf8', 0, 2000)}`,
      )
    return {
      exitCode: notStarted ? undefined : (exitCode ?? undefined),
      signal: undefined,
      stdout,
      stderr,
      timedOut: false,
      truncated: cut,
      startError: notStarted ? 'ENOENT' : undefined,
    }
  } catch (error) {
    options.signal?.throwIfAborted()
    throw engineFault(`${program} could not be run in a container`, error)
  }
}

const UNFINISHED: Finished = {
  exitCode: undefined,
  signal: 'SIGKILL',
  stdout: Buffer.alloc(0),
  stderr: Buffer.alloc(0),
  timedOut: true,
  truncated: false,
  startError: undefined,
}

interface Collected {
  readonly stdout: Buffer
  readonly stderr: Buffer
  readonly cut: boolean
  readonly timedOut: boolean
}

async function collect(
  engine: Dockerode,
  stream: Duplex,
  { signal, timeoutMs, maximumBytes = DEFAULT_BYTES }: Omit<RunOptions, 'cwd'>,
): Promise<Collected> {
  const [out, error] = [bounded(maximumBytes), bounded(maximumBytes)]
  engine.modem.demuxStream(stream, out.sink, error.sink)
  let done = (): void => undefined
  const settled = await new Promise<'ended' | 'timed-out' | 'aborted'>((resolve, reject) => {
    const cancel = timeoutMs === undefined ? undefined : after(timeoutMs, () => resolve('timed-out'))
    const abort = (): void => resolve('aborted')
    done = () => {
      cancel?.()
      signal?.removeEventListener('abort', abort)
    }
    signal?.addEventListener('abort', abort, { once: true })
    stream.once('end', () => resolve('ended'))
    stream.once('close', () => resolve('ended'))
    stream.once('error', reject)
  }).finally(() => done())
  if (settled !== 'ended') stream.destroy()
  if (settled === 'aborted') signal?.throwIfAborted()
  return {
    stdout: out.take(),
    stderr: error.take(),
    cut: out.cut() || error.cut(),
    timedOut: settled === 'timed-out',
  }
}

function bounded(maximumBytes: number): {
  readonly sink: PassThrough
  take(): Buffer
  cut(): boolean
} {
  const pieces: Buffer[] = []
  let size = 0
  let cut = false
  const sink = new PassThrough()
  sink.on('data', (piece: Buffer) => {
    const room = maximumBytes - size
    if (piece.length > room) cut = true
    if (room <= 0) return
    pieces.push(piece.subarray(0, room))
    size += Math.min(piece.length, room)
  })
  return { sink, take: () => Buffer.concat(pieces), cut: () => cut }
}
