/** PowerShell sessions for parallel calls: each does one call at a time, a broken one is replaced. */
import { withDeadline } from '../../../kit/deadline.ts'
import type { Context } from '../../../sdk/context.ts'
import { PowerShellSession, type ScriptCall, type SessionSettings } from './powershell-session.ts'

export class SessionPool {
  readonly #settings: SessionSettings
  readonly #limit: number
  readonly #idle: PowerShellSession[] = []
  readonly #waiting: (() => void)[] = []
  #open = 0
  #closed = false

  /** `limit`: sessions at the same time; the rest of the calls wait. */
  constructor(settings: SessionSettings, limit: number) {
    this.#settings = settings
    this.#limit = limit
  }

  /** A session of its own for work that keeps state, as a PowerShell Direct link; the caller kills it. */
  dedicated(): PowerShellSession {
    return new PowerShellSession(this.#settings)
  }

  /** Runs a script in a free session. @throws as PowerShellSession.call */
  async call(call: ScriptCall, ctx: Context): Promise<unknown> {
    while (this.#open >= this.#limit && this.#idle.length === 0)
      await withDeadline('waiting for a PowerShell session', ctx, (signal) => this.#turn(signal))
    const session = this.#take()
    try {
      return await session.call(call, ctx)
    } finally {
      this.#giveBack(session)
    }
  }

  /** Ends all sessions; calls that still run fail. */
  close(): void {
    this.#closed = true
    for (const session of this.#idle.splice(0)) session.kill()
  }

  #take(): PowerShellSession {
    for (;;) {
      const session = this.#idle.pop()
      if (session === undefined) break
      if (!session.dead) return session
      this.#open -= 1
    }
    this.#open += 1
    return new PowerShellSession(this.#settings)
  }

  #giveBack(session: PowerShellSession): void {
    if (this.#closed) session.kill()
    if (session.dead) this.#open -= 1
    else this.#idle.push(session)
    this.#waiting.shift()?.()
  }

  /** Resolves when a session came back. @throws the signal's reason */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const go = (): void => {
        signal.removeEventListener('abort', stop)
        resolve()
      }
      const stop = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1)
        reject(signal.reason as Error)
      }
      this.#waiting.push(go)
      signal.addEventListener('abort', stop, { once: true })
    })
  }
}
