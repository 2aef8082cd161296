/**
 * Speaks the QEMU guest agent's protocol over its unix socket: one JSON request, one JSON answer, in order.
 * After a reset or an answer that did not come in time the stream holds leftovers of an earlier talk, so the next
 * request begins with guest-sync-delimited and a fresh random number; all before the 0xFF that precedes its answer is
 * thrown away (qga/qapi-schema.json, guest-sync-delimited). Everything that arrives is hostile until it parsed.
 */
import { randomInt } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Instant } from '../../../kit/clock.ts'
import { DeadlineError, withDeadline } from '../../../kit/deadline.ts'
import { oneLine } from '../../../kit/text.ts'
import { ChannelLost } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import { LineSplitter } from './line-splitter.ts'
import { ProgramPace } from './program-pace.ts'

/** The agent keeps at most 16 MiB of each stream of a program; two of them in base64, and room for the frame. */
const MAXIMUM_LINE_BYTES = 48 * 1024 * 1024
/** A request without an answer for so long means a dead link. Generous: an emulated guest on a busy host is slow. */
const ANSWER_TIMEOUT_MS = 60_000
/** A lost first sync (agent not up yet) is sent again so often. */
const SYNC_TIMEOUT_MS = 500

/** The agent understood the request and refused it. */
export class GuestAgentError extends Error {
  constructor(command: string, description: string) {
    super(`${command}: ${oneLine(description)}`)
    this.name = 'GuestAgentError'
  }
}

interface Waiting {
  readonly resolve: (answer: Readonly<Record<string, unknown>>) => void
  readonly reject: (error: Error) => void
  /** Set while a sync is under way: only this number after a 0xFF counts. */
  readonly nonce?: number
}

export class GuestAgentClient {
  /** How long this machine's programs take. */
  readonly pace = new ProgramPace()
  readonly #open: () => Promise<Duplex>
  #socket: Duplex | undefined
  #lines = new LineSplitter(MAXIMUM_LINE_BYTES)
  #waiting: Waiting | undefined
  #inSync = false
  #epoch = 0
  #lost = 'the agent was never reached'
  #queue: Promise<void> | undefined

  /** `open`: makes a stream to the agent's port; asked at the first `synchronize`. */
  constructor(open: () => Promise<Duplex>) {
    this.#open = open
  }

  /** Grows with each loss of the guest: a channel of an older epoch must not talk to the guest's next life. */
  get epoch(): number {
    return this.#epoch
  }

  /** Declares the guest's present life over (reset, power off): what waits is rejected, the next request re-syncs. */
  lose(reason: string): void {
    this.#epoch += 1
    this.#inSync = false
    this.#lost = reason
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(new ChannelLost(reason))
  }

  /** Ends the connection for good. */
  close(reason = 'the channel was closed'): void {
    this.lose(reason)
    this.#socket?.destroy()
    this.#socket = undefined
  }

  /**
   * Resolves when a fresh random number came back from the guest; asks again until then.
   * @returns the epoch that this proves alive
   * @throws DeadlineError, the signal's reason, or ChannelLost as soon as `alive` says that no answer can come any more
   */
  async synchronize(ctx: Context, alive: () => string | undefined): Promise<number> {
    for (;;) {
      ctx.signal.throwIfAborted()
      const dead = alive()
      if (dead !== undefined) throw new ChannelLost(dead)
      if (ctx.clock.now() >= ctx.deadline)
        throw new DeadlineError('the answer of the guest agent', ctx.deadline)
      const until = Math.min(ctx.deadline, ctx.clock.now() + SYNC_TIMEOUT_MS)
      try {
        return await this.#serialized(ctx, async () => {
          await this.#sync(ctx, until)
          return this.#epoch
        })
      } catch (error) {
        if (!(error instanceof DeadlineError) && !(error instanceof ChannelLost)) throw error
        if (error instanceof ChannelLost)
          await ctx.clock.sleep(Math.min(100, Math.max(0, until - ctx.clock.now())), ctx.signal)
      }
    }
  }

  /**
   * Sends one request and returns what the agent's `return` member holds.
   * @throws GuestAgentError when the agent refused; ChannelLost when the guest's life `epoch` is over or it stays
   *   silent; DeadlineError when ctx.deadline passed
   */
  async call(
    command: string,
    commandArguments: Readonly<Record<string, unknown>>,
    epoch: number,
    ctx: Context,
  ): Promise<unknown> {
    return await this.#serialized(ctx, async () => {
      if (epoch !== this.#epoch) throw new ChannelLost(this.#lost)
      const silentAt = ctx.clock.now() + ANSWER_TIMEOUT_MS
      const until = Math.min(ctx.deadline, silentAt)
      try {
        if (!this.#inSync) await this.#sync(ctx, until)
        const request = `${JSON.stringify({ execute: command, arguments: commandArguments })}\n`
        const answer = await this.#exchange(Buffer.from(request), undefined, ctx, until)
        return readAnswer(command, answer)
      } catch (error) {
        if (error instanceof DeadlineError && until === silentAt && until < ctx.deadline)
          throw new ChannelLost(`the guest agent did not answer for ${ANSWER_TIMEOUT_MS / 1000} s`)
        throw error
      }
    })
  }

  /** Requests go out one at a time; who waits for a turn is still bound by his own deadline. */
  async #serialized<T>(ctx: Context, work: () => Promise<T>): Promise<T> {
    const before = this.#queue
    let release: () => void = () => undefined
    const turn = new Promise<void>((resolve) => (release = resolve))
    this.#queue = turn
    if (before !== undefined) {
      try {
        await withDeadline('a turn at the guest agent', ctx, async () => await before)
      } catch (error) {
        void before.then(release)
        throw error
      }
    }
    try {
      return await work()
    } finally {
      if (this.#queue === turn) this.#queue = undefined
      release()
    }
  }

  async #sync(ctx: Context, until: Instant): Promise<void> {
    await this.#connect()
    const nonce = randomInt(1, 2 ** 47)
    const request = `${JSON.stringify({ execute: 'guest-sync-delimited', arguments: { id: nonce } })}\n`
    // The leading 0xFF makes the agent's parser drop half a request of an earlier talk.
    await this.#exchange(Buffer.concat([Buffer.from([0xff]), Buffer.from(request)]), nonce, ctx, until)
    this.#inSync = true
  }

  async #connect(): Promise<void> {
    if (this.#socket !== undefined) return
    this.#lines = new LineSplitter(MAXIMUM_LINE_BYTES)
    let socket: Duplex
    try {
      socket = await this.#open()
    } catch (error) {
      throw new ChannelLost('the guest agent’s socket does not answer', { cause: error })
    }
    this.#socket = socket
    const gone = (reason: string): void => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      socket.destroy()
      this.lose(reason)
    }
    socket.on('data', (piece: Buffer) => {
      try {
        for (const line of this.#lines.push(piece)) this.#take(line)
      } catch (error) {
        gone(error instanceof Error ? error.message : 'the guest sent what cannot be read')
      }
    })
    socket.on('error', (error) => gone(`the link to the guest agent broke: ${error.message}`))
    socket.on('close', () => gone('the link to the guest agent was closed'))
  }

  async #exchange(
    data: Buffer,
    nonce: number | undefined,
    ctx: Context,
    deadline: Instant,
  ): Promise<Readonly<Record<string, unknown>>> {
    const socket = this.#socket
    if (socket === undefined) throw new ChannelLost(this.#lost)
    try {
      return await withDeadline('the answer of the guest agent', { ...ctx, deadline }, (signal) => {
        const answered = new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
          this.#waiting = { resolve, reject, ...(nonce === undefined ? {} : { nonce }) }
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
        })
        socket.write(data)
        return answered
      })
    } catch (error) {
      // Its answer may still come: whoever asks next must first throw it away.
      if (!(error instanceof GuestAgentError)) this.#inSync = false
      throw error
    } finally {
      this.#waiting = undefined
    }
  }

  #take(line: Buffer): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    const delimiter = line.lastIndexOf(0xff)
    if (waiting.nonce !== undefined && delimiter < 0) return
    const answer = parseObject(line.subarray(delimiter + 1))
    if (waiting.nonce !== undefined) {
      if (answer?.['return'] === waiting.nonce) waiting.resolve(answer)
      return
    }
    if (answer === undefined)
      waiting.reject(new ChannelLost('the guest agent answered with what is no JSON object'))
    else waiting.resolve(answer)
  }
}

function parseObject(line: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function readAnswer(command: string, answer: Readonly<Record<string, unknown>>): unknown {
  const error = answer['error']
  if (typeof error === 'object' && error !== null) {
    const description: unknown = (error as Record<string, unknown>)['desc']
    throw new GuestAgentError(command, typeof description === 'string' ? description : 'refused')
  }
  if (!('return' in answer)) throw new ChannelLost(`${command}: the guest agent’s answer has no result`)
  return answer['return']
}
