/** The link into a simulated guest: program `simulated` asks it a question; every other program runs and says yes. */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { DeadlineError } from '../../../kit/deadline.ts'
import { sha256 } from '../../../kit/hash.ts'
import { AppError } from '../../../model/errors.ts'
import { ChannelLost, type Channel, type ExecRequest, type ExecResult } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import { BEHAVIOURS_FILE, parseBehaviours } from './faults.ts'
import type { SimulatedGuest } from './simulated-guest.ts'

/** What the channel asks of the machine that it leads into. */
export interface Link {
  readonly guest: SimulatedGuest
  /** False after the start during which the link was opened. */
  alive(): boolean
  restart(): void
  shutDown(): void
}

const ROUND_MS = 5
const PAID_TOGETHER_MS = 50

export class SimulatedChannel implements Channel {
  readonly #link: Link
  /** Time that the rounds took and that was not waited for yet. */
  #owedMs = 0

  constructor(link: Link) {
    this.#link = link
  }

  async exec(request: ExecRequest, ctx: Context): Promise<ExecResult> {
    if (request.program === 'simulated') {
      const [probe = '', question = 'null'] = request.arguments
      const answer = await this.ask(probe, JSON.parse(question), ctx)
      return answer === undefined ? result(2, `unknown question ${probe}`) : result(0, JSON.stringify(answer))
    }
    await this.#round(ctx)
    return this.#link.guest.does('protection-off')
      ? result(1, 'protection is off (simulated)')
      : result(0, 'ok')
  }

  /** One question as program `simulated` takes it, without the way over text and back; undefined for an unknown one. */
  async ask(probe: string, question: unknown, ctx: Context): Promise<unknown> {
    await this.#round(ctx)
    if (probe === 'restart') this.#link.restart()
    else if (probe === 'shut-down') this.#link.shutDown()
    else return this.#link.guest.answer(probe, question, ctx.clock.now())
    return {}
  }

  async push(localPath: string, guestPath: string, ctx: Context): Promise<void> {
    const data = readFileSync(localPath)
    await this.#round(ctx)
    const { guest } = this.#link
    if (basename(localPath) === BEHAVIOURS_FILE)
      guest.bring(parseBehaviours(localPath, data.toString('utf8')))
    if (!guest.scripted('not-applied')) guest.files.set(guestPath, sha256(data))
  }

  async pull(guestPath: string, localPath: string, ctx: Context): Promise<{ readonly truncated: boolean }> {
    await this.#round(ctx)
    const hash = this.#link.guest.files.get(guestPath)
    if (hash === undefined)
      throw new AppError('GUEST_FILE_MISSING', 'host', `the simulated guest has no ${guestPath}`)
    await writeFile(localPath, `simulated file with hash ${hash}\n`)
    return { truncated: false }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  /**
   * One round trip: time passes, and a guest that is gone or silent does not answer. Each takes its time, but not each one waits for it: a
   * jump of the clock costs more than all else in here.
   * @throws the signal's reason; ChannelLost
   */
  #round(ctx: Context): Promise<void> | undefined {
    this.#owedMs += ROUND_MS
    if (this.#owedMs >= PAID_TOGETHER_MS || this.#link.guest.does('silent')) return this.#wait(ctx)
    this.#refuseWhenGone(ctx)
    return undefined
  }

  /** @throws the signal's reason; ChannelLost */
  #refuseWhenGone(ctx: Context): void {
    ctx.signal.throwIfAborted()
    if (!this.#link.alive()) throw new ChannelLost('the simulated guest is gone')
  }

  async #wait(ctx: Context): Promise<void> {
    if (this.#owedMs >= PAID_TOGETHER_MS) {
      const owed = this.#owedMs
      this.#owedMs = 0
      await ctx.clock.sleep(owed, ctx.signal)
    }
    this.#refuseWhenGone(ctx)
    if (!this.#link.guest.does('silent')) return
    await ctx.clock.sleep(Math.max(0, ctx.deadline - ctx.clock.now()), ctx.signal)
    throw new DeadlineError('a simulated question', ctx.deadline)
  }
}

function result(exitCode: number, text: string): ExecResult {
  return { exitCode, stdout: Buffer.from(text), stderr: Buffer.alloc(0), truncated: false }
}
