/**
 * Speaks QMP (docs/interop/qmp-spec.txt of QEMU): greeting, capability negotiation, commands with ids, events.
 * The guest cannot write here, but it can make QEMU fire many events, so lines and waiting events stay bounded.
 */
import type { Duplex } from 'node:stream'
import type { Clock, Instant } from '../../../../kit/clock.ts'
import { DeadlineError, withDeadline } from '../../../../kit/deadline.ts'
import { oneLine } from '../../../../kit/text.ts'
import type { Context } from '../../../../sdk/context.ts'
import { LineSplitter } from '../../../channels/guest-agent/line-splitter.ts'

/** The longest answer seen, query-cpu-definitions, is 60 KiB. */
const MAXIMUM_LINE_BYTES = 4 * 1024 * 1024
const RETRY_MS = 10

export interface QmpEvent {
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
  /** QEMU's own time stamp, which is this host's clock. */
  readonly at: Instant
}

/** QEMU understood the command and refused it. */
export class QmpError extends Error {
  readonly errorClass: string
  constructor(command: string, errorClass: string, description: string) {
    super(`${command}: ${oneLine(description)}`)
    this.name = 'QmpError'
    this.errorClass = errorClass
  }
}

/** QEMU is gone or speaks no QMP any more. */
export class QmpClosed extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'QmpClosed'
  }
}

interface Pending {
  readonly command: string
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export interface QmpHandlers {
  readonly onEvent: (event: QmpEvent) => void
  /** Once, when no further event can come. */
  readonly onClose?: (reason: string) => void
}

export class QmpClient {
  readonly #socket: Duplex
  readonly #handlers: QmpHandlers
  readonly #clock: Clock
  readonly #lines = new LineSplitter(MAXIMUM_LINE_BYTES)
  readonly #pending = new Map<string, Pending>()
  readonly #greeted: Promise<Readonly<Record<string, unknown>>>
  #greet: ((greeting: Readonly<Record<string, unknown>>) => void) | undefined
  #refuseGreeting: ((error: Error) => void) | undefined
  #closed: string | undefined
  #sequence = 0

  private constructor(socket: Duplex, clock: Clock, handlers: QmpHandlers) {
    this.#socket = socket
    this.#clock = clock
    this.#handlers = handlers
    this.#greeted = new Promise((resolve, reject) => {
      this.#greet = resolve
      this.#refuseGreeting = reject
    })
    this.#greeted.catch(() => undefined)
    socket.on('data', (piece: Buffer) => this.#receive(piece))
    socket.on('error', (error) => this.#end(`the QMP socket broke: ${error.message}`))
    socket.on('close', () => this.#end('QEMU closed its QMP socket'))
  }

  /**
   * Connects (`open` is tried again while it rejects), reads the greeting and enters command mode.
   * `gone` resolves with the reason when waiting has become pointless, as when the process ended.
   * @throws QmpClosed, DeadlineError, the signal's reason
   */
  static async connect(
    open: () => Promise<Duplex>,
    ctx: Context,
    handlers: QmpHandlers,
    gone: Promise<string> = new Promise(() => undefined),
  ): Promise<QmpClient> {
    let end: string | undefined
    void gone.then((reason) => (end = reason))
    const socket = await reach(open, ctx, () => end)
    const client = new QmpClient(socket, ctx.clock, handlers)
    try {
      await withDeadline('the QMP greeting', ctx, () => client.#greeted)
      await client.execute('qmp_capabilities', {}, ctx)
      return client
    } catch (error) {
      client.close()
      throw error
    }
  }

  get closed(): boolean {
    return this.#closed !== undefined
  }

  /** Runs one command and returns its result. @throws QmpError when refused, QmpClosed, DeadlineError, the signal's reason */
  async execute(
    command: string,
    commandArguments: Readonly<Record<string, unknown>>,
    ctx: Pick<Context, 'clock' | 'deadline' | 'signal'>,
  ): Promise<unknown> {
    if (this.#closed !== undefined) throw new QmpClosed(this.#closed)
    this.#sequence += 1
    const id = `c${this.#sequence}`
    try {
      return await withDeadline(`QEMU’s answer to ${command}`, ctx, async () => {
        const answer = new Promise<unknown>((resolve, reject) => {
          this.#pending.set(id, { command, resolve, reject })
        })
        this.#socket.write(`${JSON.stringify({ execute: command, arguments: commandArguments, id })}\n`)
        return await answer
      })
    } finally {
      this.#pending.delete(id)
    }
  }

  close(): void {
    this.#end('the QMP link was closed')
  }

  #receive(piece: Buffer): void {
    try {
      for (const line of this.#lines.push(piece)) this.#take(line)
    } catch (error) {
      this.#end(error instanceof Error ? error.message : 'QEMU sent what cannot be read')
    }
  }

  #take(line: Buffer): void {
    if (line.length === 0 || (line.length === 1 && line[0] === 0x0d)) return
    const message = asObject(parseExactly(line.toString('utf8')))
    if (message === undefined) throw new Error('QEMU sent JSON that is no object')
    if ('QMP' in message) this.#greet?.(message)
    else if (typeof message['event'] === 'string')
      this.#handlers.onEvent(this.#readEvent(message['event'], message))
    else if (typeof message['id'] === 'string') this.#answer(message['id'], message)
  }

  #readEvent(event: string, message: Readonly<Record<string, unknown>>): QmpEvent {
    const stamp = asObject(message['timestamp'])
    const [seconds, microseconds] = [stamp?.['seconds'], stamp?.['microseconds']]
    const known = typeof seconds === 'number' && typeof microseconds === 'number' && seconds > 0
    return {
      event,
      data: asObject(message['data']) ?? {},
      at: known ? seconds * 1000 + Math.floor(microseconds / 1000) : this.#clock.now(),
    }
  }

  #answer(id: string, message: Readonly<Record<string, unknown>>): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    const error = asObject(message['error'])
    if (error === undefined) return pending.resolve(message['return'])
    const text = (name: string): string => (typeof error[name] === 'string' ? error[name] : 'refused')
    pending.reject(new QmpError(pending.command, text('class'), text('desc')))
  }

  #end(reason: string): void {
    if (this.#closed !== undefined) return
    this.#closed = reason
    this.#socket.destroy()
    const error = new QmpClosed(reason)
    this.#refuseGreeting?.(error)
    for (const pending of this.#pending.values()) pending.reject(error)
    this.#pending.clear()
    this.#handlers.onClose?.(reason)
  }
}

async function reach(
  open: () => Promise<Duplex>,
  ctx: Context,
  gone: () => string | undefined,
): Promise<Duplex> {
  for (;;) {
    ctx.signal.throwIfAborted()
    try {
      return await open()
    } catch (error) {
      const reason = gone()
      if (reason !== undefined) throw new QmpClosed(reason, { cause: error })
      if (ctx.clock.now() >= ctx.deadline)
        throw new DeadlineError('the connection to QEMU’s QMP socket', ctx.deadline)
      await ctx.clock.sleep(RETRY_MS, ctx.signal)
    }
  }
}

/** JSON whose integers beyond 2^53 (a stop code's addresses) stay exact, as text. */
function parseExactly(text: string): unknown {
  const keepExact = (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^\d+$/.test(context?.source ?? '')
      ? context?.source
      : value
  return JSON.parse(text, keepExact) as unknown
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}
