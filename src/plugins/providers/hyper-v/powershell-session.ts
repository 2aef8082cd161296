/** One PowerShell session that runs the scripts of this package: JSON in, JSON out, one call at a time. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { assetPath } from '../../../kit/assets.ts'
import { withDeadline } from '../../../kit/deadline.ts'
import { boundedTail, oneLine, printable } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import type { Context } from '../../../sdk/context.ts'
import { openBridgePipe, type BridgePipe } from './bridge-pipe.ts'
import { CONSTRAINED, startPowerShell, type PowerShellProcess } from './powershell-process.ts'
import { parseEnvelope, readEnvelope, ScriptError } from './script-envelope.ts'

const BRIDGE = 'plugins/providers/hyper-v/scripts/bridge.ps1'
/** Bytes of JSON that travel on a line; more goes through a file, since node-powershell's reading is quadratic. */
const LINE_LIMIT = 128 * 1024
/** Bytes of JSON that a call may carry in either direction. */
const CALL_LIMIT = 64 * 1024 * 1024

/** One run of one of our scripts. */
export interface ScriptCall {
  /** Absolute path of a `.ps1` file that starts with `param($Parameters, $Secrets)` and returns what the bridge can send. */
  readonly script: string
  /** Absolute paths of scripts that define the functions it uses. */
  readonly libraries?: readonly string[]
  readonly parameters: Readonly<Record<string, unknown>>
  /** Reach the script as SecureString under their names; over the bridge's pipe alone. */
  readonly secrets?: Readonly<Record<string, string>>
}

/** Starts sessions of one kind: which program, with which additions to its environment. */
export interface SessionSettings {
  readonly executable: string
  readonly environment?: Readonly<Record<string, string>>
}

/** One process and its state. After a failed, timed-out or aborted call it is dead: open another. */
export class PowerShellSession {
  readonly #process: PowerShellProcess
  readonly #executable: string
  #dead = false
  #pipe: BridgePipe | undefined
  #busy: Promise<unknown> = Promise.resolve()

  constructor(settings: SessionSettings) {
    this.#executable = settings.executable
    this.#process = startPowerShell(settings.executable, settings.environment)
    void this.#notice()
  }

  get dead(): boolean {
    return this.#dead
  }

  /**
   * Runs a script and returns its result, already JSON. Calls wait for each other.
   * @throws AppError HOST_CALL_TEXT, HOST_CALL_TOO_LARGE before anything is sent; ScriptError when the script failed; AppError HOST_POWERSHELL when the session broke, HOST_LANGUAGE when a policy constrains it; DeadlineError, the
   *   signal's reason (both end the session, since a running cmdlet cannot be stopped from outside)
   */
  async call(call: ScriptCall, ctx: Context): Promise<unknown> {
    const parameters = encode(call)
    const turn = this.#busy
    const finished = Promise.withResolvers<void>()
    this.#busy = Promise.all([turn, finished.promise])
    let running = false
    try {
      return await withDeadline(`PowerShell script ${basename(call.script)}`, ctx, async (signal) => {
        await turn
        signal.throwIfAborted()
        running = true
        return await this.#call(call, parameters)
      })
    } catch (error) {
      if (running && !(error instanceof ScriptError)) this.kill()
      throw error
    } finally {
      finished.resolve()
    }
  }

  async #notice(): Promise<void> {
    await this.#process.exited
    this.#dead = true
    this.#pipe?.close()
  }

  kill(): void {
    this.#dead = true
    this.#process.kill()
    this.#pipe?.close()
  }

  async #call(call: ScriptCall, parameters: string): Promise<unknown> {
    if (this.#dead) throw this.#broken('it has ended')
    const folder = await mkdtemp(join(tmpdir(), 'rz-call-'))
    try {
      const pipe = (this.#pipe ??= await this.#bootstrap())
      const secrets = Object.entries(call.secrets ?? {})
      const large = parameters.length > LINE_LIMIT
      const parametersFile = large ? join(folder, 'parameters.json') : null
      if (parametersFile !== null) await writeFile(parametersFile, parameters, { mode: 0o600 })
      const id = randomBytes(16).toString('hex')
      const resultFile = join(folder, 'result.json')
      const request = {
        id,
        script: call.script,
        libraries: call.libraries ?? [],
        lineLimit: LINE_LIMIT,
        resultFile,
        parametersFile,
        secrets: secrets.map(([name]) => name),
      }
      const line = `{"parameters":${large ? 'null' : parameters},${JSON.stringify(request).slice(1)}`
      pipe.send([line, ...secrets.map(([, secret]) => secret)].map(base64))
      const output = await this.#orExit(this.#process.run('Invoke-BridgeCall'))
      const envelope = readEnvelope(output.stdout, id)
      if (envelope === undefined) throw this.#broken(tail(output.stderr) || 'it did not answer')
      if (envelope !== 'file') return envelope.value(basename(call.script))
      const { size } = await stat(resultFile)
      if (size > CALL_LIMIT) throw this.#broken(`its answer has ${size} bytes, more than ${CALL_LIMIT}`)
      return parseEnvelope(await readFile(resultFile, 'utf8'))?.value(basename(call.script))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  /** Loads the bridge and gives the pipe that it listens to. */
  async #bootstrap(): Promise<BridgePipe> {
    const pipe = await openBridgePipe()
    try {
      const texts = [assetPath(BRIDGE), pipe.name, pipe.proof, pipe.answer]
      const [path, ...connection] = texts.map(
        (text) => `([System.Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${base64(text)}')))`,
      )
      const output = await this.#orExit(
        this.#process.run(
          `. ([scriptblock]::Create([System.IO.File]::ReadAllText(${path}))); Watch-BridgeRunner ${process.pid}; ` +
            `Open-BridgePipe ${connection.join(' ')}; [Console]::Out.WriteLine('bridge-' + 'ready')`,
        ),
      )
      if (!output.stdout.includes('bridge-ready'))
        throw this.#broken(tail(output.stderr) || 'it did not start')
      await this.#orExit(pipe.connected)
      if (this.#dead) throw this.#broken('it has ended')
      return pipe
    } catch (error) {
      pipe.close()
      throw error
    }
  }

  #orExit<T>(work: Promise<T>): Promise<T> {
    work.catch(() => undefined)
    const gone = this.#process.exited.then((why): never => {
      throw this.#broken(why)
    })
    gone.catch(() => undefined)
    const worked = work.catch((error: unknown): never => {
      throw this.#broken(error instanceof Error ? error.message : String(error))
    })
    return Promise.race([worked, gone])
  }

  #broken(why: string): AppError {
    if (why === CONSTRAINED)
      return new AppError(
        'HOST_LANGUAGE',
        'host',
        `PowerShell (${this.#executable}) cannot be used: ${why}`,
        {
          hint: 'allow PowerShell scripts of administrators in the host’s policy, or use a host without it',
        },
      )
    return new AppError(
      'HOST_POWERSHELL',
      'host',
      `the PowerShell session (${this.#executable}) broke: ${oneLine(tail(why), 2000)}`,
      {
        hint: `start ${this.#executable} by hand on the host and see what it says`,
      },
    )
  }
}

/** How JSON spells a surrogate without its pair: .NET refuses or repairs such text, so that it would not arrive unchanged. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/
// .NET's JSON reader refuses U+FFFE and U+FFFF when they stand for themselves.
const BEYOND_ASCII = /[\u007f-\uffff]/g

/** The parameters as JSON in ASCII. @throws AppError HOST_CALL_TOO_LARGE, HOST_CALL_TEXT */
function encode(call: ScriptCall): string {
  const text = JSON.stringify(call.parameters)
  if (text.length > CALL_LIMIT)
    throw new AppError(
      'HOST_CALL_TOO_LARGE',
      'tool',
      `${basename(call.script)} was given ${text.length} characters; at most ${CALL_LIMIT} fit`,
    )
  const secrets = Object.values(call.secrets ?? {})
  if (LONE_SURROGATE.test(text) || secrets.some((secret) => !secret.isWellFormed()))
    throw new AppError(
      'HOST_CALL_TEXT',
      'user',
      `${basename(call.script)} was given text that is not valid Unicode`,
      {
        hint: 'look for half a surrogate pair in the names, paths and texts of the matrix, the candidate or the lab file',
      },
    )
  return text.replace(BEYOND_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

function tail(text: string): string {
  return boundedTail(printable(text).trim(), 2000)
}
