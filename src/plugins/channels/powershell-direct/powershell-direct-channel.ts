/** The way into a Windows guest over the VM bus, without a network: PowerShell Direct. */
import { randomBytes } from 'node:crypto'
import { assetPath } from '../../../kit/assets.ts'
import { sha256File } from '../../../kit/hash.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import { ChannelLost, type Channel, type ExecRequest, type ExecResult } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import { linkErrorId, type LinkSession, type LinkTarget } from './guest-link.ts'

const SCRIPTS = 'plugins/channels/powershell-direct/scripts'
const DEFAULT_OUTPUT = 1024 * 1024
const DEFAULT_FILE = 64 * 1024 * 1024
/** Rejections before the guest's accounts are there are ordinary; a guest that still rejects after this long means it. */
const CREDENTIAL_PATIENCE_MS = 120_000
const RETRY_MS = 1000
/** So often a PowerShell that broke while it opened a session is followed by another. */
const CRASHES = 3
/** A guest that refuses for this long is told of once: the cause may be the host's. */
const REFUSED_MS = 60_000
/** Microsoft's known issue of KB5065426 and KB5065474. */
const SEPTEMBER_2025 =
  'where only one of host and guest has the updates of September 2025, PowerShell Direct is refused: install KB5066360 or a later cumulative update on both'

type Answer = Readonly<Record<string, unknown>>

/**
 * Opens a link; keeps trying while the guest starts.
 * @throws ChannelLost when the machine stops or restarts; DeadlineError (by the caller's deadline); AppError
 *   GUEST_CREDENTIALS when the guest keeps rejecting the account
 */
export async function connectPowerShellDirect(target: LinkTarget, ctx: Context): Promise<Channel> {
  const channel = new PowerShellDirectChannel(target)
  try {
    await openPatiently(channel, target, ctx)
    return channel
  } catch (error) {
    await channel.close()
    throw error
  }
}

async function openPatiently(
  channel: PowerShellDirectChannel,
  target: LinkTarget,
  ctx: Context,
): Promise<void> {
  let rejectedSince: number | undefined
  let pause = RETRY_MS
  const began = ctx.clock.now()
  let told = false
  let crashes = 0
  for (;;) {
    target.gone.throwIfAborted()
    try {
      await channel.open(ctx)
      return
    } catch (error) {
      const id = linkErrorId(error)
      // Several PowerShell Direct sessions that are opened at once can crash PowerShell (PowerShell #15098).
      if (error instanceof AppError && error.code === 'HOST_POWERSHELL' && crashes < CRASHES) {
        crashes += 1
        ctx.log.log('warn', 'PowerShell of the host broke while it opened a session', {
          reason: error.message,
        })
        await ctx.clock.sleep(RETRY_MS * crashes, AbortSignal.any([ctx.signal, target.gone]))
        continue
      }
      if (id === 'RZ_LINK_LANGUAGE') throw constrained(error as Error)
      if (id !== 'RZ_LINK_CLOSED' && id !== 'RZ_LINK_CREDENTIALS' && id !== 'RZ_LINK_NOT_RUNNING') throw error
      if (id === 'RZ_LINK_CREDENTIALS') rejectedSince ??= ctx.clock.now()
      else rejectedSince = undefined
      // Windows 11 and Server 2025 lock an account after ten rejections: these pauses make seven within the patience.
      pause = rejectedSince === undefined ? RETRY_MS : pause * 2
      if (rejectedSince !== undefined && ctx.clock.now() - rejectedSince > CREDENTIAL_PATIENCE_MS)
        throw rejected(target)
      ctx.log.log('debug', 'PowerShell Direct is not there yet', { id })
      if (id !== 'RZ_LINK_NOT_RUNNING' && !told && ctx.clock.now() - began > REFUSED_MS) {
        told = true
        const reason = oneLine((error as Error).message)
        ctx.log.log('warn', `PowerShell Direct is refused for a minute; ${SEPTEMBER_2025}`, { reason })
      }
      await ctx.clock.sleep(pause, AbortSignal.any([ctx.signal, target.gone]))
    }
  }
}

function rejected(target: LinkTarget): AppError {
  return new AppError(
    'GUEST_CREDENTIALS',
    'user',
    `the guest does not accept the account ${oneLine(target.user, 128)}`,
    {
      hint: `check the image’s credentials in lab.yaml: the account must exist in the guest, be enabled and not be locked out; ${SEPTEMBER_2025}`,
    },
  )
}

function constrained(error: Error): AppError {
  return new AppError(
    'GUEST_LANGUAGE',
    'host',
    `${oneLine(error.message, 200)}: a policy for applications (WDAC, AppLocker, Smart App Control) is in force there`,
    {
      hint: 'allow PowerShell scripts of administrators in that policy, or take an image without it',
      cause: error,
    },
  )
}

class PowerShellDirectChannel implements Channel {
  readonly #target: LinkTarget
  #session: LinkSession | undefined
  #closed = false

  constructor(target: LinkTarget) {
    this.#target = target
    target.gone.addEventListener('abort', () => this.#session?.kill(), { once: true })
  }

  /** A fresh link. @throws the script's error, ChannelLost */
  async open(ctx: Context): Promise<LinkSession> {
    if (this.#closed) throw new ChannelLost('the channel was closed')
    const session = this.#session?.dead === false ? this.#session : this.#target.openSession()
    this.#session = session
    const nonce = randomBytes(16).toString('hex')
    const { machine, user, password } = this.#target
    await session.call(
      {
        script: assetPath(`${SCRIPTS}/open-link.ps1`),
        parameters: { id: machine, user, nonce },
        secrets: { password },
      },
      this.#bound(ctx),
    )
    return session
  }

  async exec(request: ExecRequest, ctx: Context): Promise<ExecResult> {
    const environment = Object.entries(request.environment ?? {})
    const limit = request.maximumBytes ?? DEFAULT_OUTPUT
    const values = [
      request.program,
      [...request.arguments],
      request.input === undefined ? null : Buffer.from(request.input, 'utf8').toString('base64'),
      environment.map(([name]) => name),
    ]
    // A variable may hold a licence key; what is large of the rest travels through a file.
    const secrets = environment.map(([, value], index) => [`value${index}`, value] as const)
    const call = { ...guestCall('exec', values), secrets: secrets.map(([name]) => name), after: [limit] }
    const answer = answerOf('exec', await this.#use(call, ctx, Object.fromEntries(secrets)))
    // As a shell says it: the program was not found or could not be run.
    if (answer['started'] !== true)
      return {
        exitCode: 127,
        stdout: Buffer.alloc(0),
        stderr: Buffer.from(oneLine(String(answer['message']), 1000)),
        truncated: false,
      }
    const stdout = bytesOf(answer['stdout'])
    const stderr = bytesOf(answer['stderr'])
    return {
      exitCode: Number(answer['exitCode']),
      stdout: stdout.subarray(0, limit),
      stderr: stderr.subarray(0, limit),
      truncated: answer['truncated'] === true || stdout.length > limit || stderr.length > limit,
    }
  }

  async push(localPath: string, guestPath: string, ctx: Context): Promise<void> {
    const hash = await sha256File(localPath)
    const transit = await this.#transit(ctx)
    try {
      await this.#use({ action: 'push', local: localPath, guest: transit }, ctx)
    } catch (error) {
      // Only a copy that failed under an open link: anything else has been turned into ChannelLost.
      if (linkErrorId(error) === undefined) throw error
      await this.#use({ action: 'service', id: this.#target.machine, local: localPath, guest: transit }, ctx)
    }
    const answer = await this.#guest('place', ctx, [transit, guestPath, hash])
    if (answer['placed'] === true) return
    const found = oneLine(String(answer['hash']), 64)
    throw answer['missing'] === true
      ? new AppError('GUEST_FILE_MISSING', 'tool', `what was copied into the guest is gone there: ${found}`)
      : new AppError('GUEST_FILE_DIFFERS', 'tool', `the copy in the guest has another hash (${found})`)
  }

  async pull(
    guestPath: string,
    localPath: string,
    ctx: Context,
    maximumBytes = DEFAULT_FILE,
  ): Promise<{ readonly truncated: boolean }> {
    const transit = await this.#transit(ctx)
    const offer = await this.#guest('offer', ctx, [guestPath, transit, maximumBytes])
    if (offer['found'] !== true)
      throw new AppError('GUEST_FILE_MISSING', 'host', `the guest has no file ${oneLine(guestPath, 300)}`)
    await this.#use({ action: 'pull', local: localPath, guest: transit }, ctx)
    await this.#guest('discard', ctx, [transit])
    if ((await sha256File(localPath)) !== offer['hash'])
      throw new ChannelLost('the copy on the host has another hash')
    return { truncated: offer['truncated'] === true }
  }

  close(): Promise<void> {
    this.#closed = true
    this.#session?.kill()
    return Promise.resolve()
  }

  async #transit(ctx: Context): Promise<string> {
    const path = await this.#use(guestCall('begin', [`rz-${randomBytes(8).toString('hex')}`]), ctx)
    if (typeof path !== 'string') throw unreadable('begin')
    return path
  }

  async #guest(script: string, ctx: Context, values: readonly unknown[]): Promise<Answer> {
    const answer = await this.#use(guestCall(script, values), ctx)
    return script === 'discard' ? {} : answerOf(script, answer)
  }

  /** One call over the link, which is opened again when a deadline or an abort ended its session. */
  async #use(
    parameters: Readonly<Record<string, unknown>>,
    ctx: Context,
    secrets: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    if (this.#closed) throw new ChannelLost('the channel was closed')
    this.#target.gone.throwIfAborted()
    try {
      const alive = this.#session !== undefined && !this.#session.dead ? this.#session : await this.open(ctx)
      const call = { script: assetPath(`${SCRIPTS}/use-link.ps1`), parameters, secrets }
      return await alive.call(call, this.#bound(ctx))
    } catch (error) {
      const id = linkErrorId(error)
      if (id?.startsWith('RZ_LINK_') !== true) throw error
      throw new ChannelLost(`the link to the guest broke (${id}): ${oneLine((error as Error).message)}`, {
        cause: error,
      })
    }
  }

  #bound(ctx: Context): Context {
    return { ...ctx, signal: AbortSignal.any([ctx.signal, this.#target.gone]) }
  }
}

function guestCall(script: string, values: readonly unknown[]): Readonly<Record<string, unknown>> {
  return { action: 'run', script: assetPath(`${SCRIPTS}/guest/${script}.ps1`), arguments: values }
}

function answerOf(script: string, answer: unknown): Answer {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw unreadable(script)
  return answer as Answer
}

function bytesOf(value: unknown): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.alloc(0)
}

function unreadable(script: string): ChannelLost {
  return new ChannelLost(`the guest's answer to ${script} cannot be read`)
}
