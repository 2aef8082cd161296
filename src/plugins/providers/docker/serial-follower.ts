/** Brings a machine's serial log from the engine's side to this computer as it grows, over exec streams that may break. */
import { appendFile } from 'node:fs/promises'
import { Writable, type Duplex } from 'node:stream'
import type Dockerode from 'dockerode'
import { systemClock } from '../../../kit/clock.ts'
import { runInside } from './run-container.ts'

const RETRY_MS = 250
const LAST_MS = 30_000
const LAST_BYTES = 64 * 1024 * 1024
/** Each time that so much was received, the other side gives up its copy. */
const GIVEN_UP_BYTES = 8 * 1024 * 1024

/** Arguments: file, bytes received so far. Ends with its standard input. */
const FOLLOW = `
exec 3<&0
tail -c "+$(($2+1))" -F "$1" 2>/dev/null 3<&- &
t=$!
{ cat <&3 >/dev/null; kill "$t"; } >/dev/null 2>&1 &
exec 3<&-
wait "$t"
`

export class SerialFollower {
  readonly #engine: Dockerode
  readonly #file: string
  readonly #localPath: string
  readonly #giveUp: (file: string, bytes: number) => void
  #container: Dockerode.Container | undefined
  #stream: Duplex | undefined
  #received: number
  #givenUp = 0
  #written: Promise<void> = Promise.resolve()
  #running = false

  /** `received`: bytes of `file` that are in `localPath` already. */
  constructor(
    engine: Dockerode,
    file: string,
    localPath: string,
    received: number,
    giveUp: (file: string, bytes: number) => void,
  ) {
    this.#engine = engine
    this.#file = file
    this.#localPath = localPath
    this.#received = received
    this.#giveUp = giveUp
  }

  /** Follows from where it was left, until `finish`. */
  start(container: Dockerode.Container): void {
    if (this.#running) return
    this.#running = true
    this.#container = container
    void this.#keep(container)
  }

  /** The machine is off: fetches what is left. Never rejects; what an engine that is gone had is lost with it. */
  async finish(): Promise<void> {
    const container = this.#container
    if (!this.#running || container === undefined) return
    this.#running = false
    this.#stream?.destroy()
    const script = '[ ! -e "$1" ] || exec tail -c "+$(($2+1))" "$1"'
    const rest = await runInside(
      this.#engine,
      container,
      'sh',
      ['-c', script, 'sh', this.#file, String(this.#received)],
      undefined,
      { timeoutMs: LAST_MS, maximumBytes: LAST_BYTES },
    ).catch(() => undefined)
    if (rest?.exitCode === 0) this.#take(rest.stdout)
    await this.#written
  }

  async #keep(container: Dockerode.Container): Promise<void> {
    while (this.#running) {
      await this.#once(container).catch(() => undefined)
      if (this.#running) await systemClock.sleep(RETRY_MS)
    }
  }

  async #once(container: Dockerode.Container): Promise<void> {
    const exec = await container.exec({
      Cmd: ['sh', '-c', FOLLOW, 'sh', this.#file, String(this.#received)],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
    })
    const stream: Duplex = await exec.start({ hijack: true, stdin: true })
    if (!this.#running) return void stream.destroy()
    this.#stream = stream
    // What comes after `finish` was asked is fetched by it.
    const sink = new Writable({
      write: (piece: Buffer, _, done) => {
        if (this.#running) this.#take(piece)
        done()
      },
    })
    this.#engine.modem.demuxStream(stream, sink, new Writable({ write: (_, __, done) => done() }))
    await new Promise<void>((resolve) => {
      for (const event of ['end', 'close', 'error']) stream.once(event, () => resolve())
    })
    stream.destroy()
  }

  #take(piece: Buffer): void {
    this.#received += piece.length
    this.#written = this.#written
      .then(async () => await appendFile(this.#localPath, piece, { mode: 0o600 }))
      .catch(() => undefined)
    if (this.#received - this.#givenUp < GIVEN_UP_BYTES) return
    this.#givenUp = this.#received
    this.#giveUp(this.#file, this.#received)
  }
}
