/** Keeps what a machine writes to its serial line: Hyper-V offers it as a named pipe while the machine runs. */
import { createWriteStream, type WriteStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import type { Clock } from '../../../kit/clock.ts'
import type { Serial } from '../../../sdk/provider.ts'

const RETRY_MS = 300
/** A guest that writes without end must not fill the host's disk. */
const MAXIMUM_BYTES = 256 * 1024 * 1024

export class SerialPipe implements Serial {
  readonly path: string
  readonly #pipe: string
  readonly #clock: Clock
  #stop: AbortController | undefined
  #socket: Socket | undefined
  #file: WriteStream | undefined
  #bytes = 0

  /** `pipe` is the end on the host, `path` the log file. */
  constructor(pipe: string, path: string, clock: Clock) {
    this.#pipe = pipe
    this.path = path
    this.#clock = clock
  }

  /** Begins to read and goes on over restarts until `close`. */
  open(): void {
    if (this.#stop !== undefined) return
    this.#stop = new AbortController()
    this.#file = createWriteStream(this.path, { flags: 'a', mode: 0o600 })
    this.#file.on('error', () => undefined)
    void this.#run(this.#stop.signal)
  }

  async close(): Promise<void> {
    this.#stop?.abort(new Error('closed'))
    this.#stop = undefined
    this.#socket?.destroy()
    const file = this.#file
    this.#file = undefined
    if (file !== undefined) await new Promise<void>((resolve) => file.end(() => resolve()))
  }

  async tail(maximumBytes: number): Promise<Buffer> {
    try {
      const { size } = await stat(this.path)
      const length = Math.min(size, maximumBytes)
      const handle = await open(this.path)
      try {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length)
        return buffer.subarray(0, bytesRead)
      } finally {
        await handle.close()
      }
    } catch {
      return Buffer.alloc(0)
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#readOnce()
      await this.#clock.sleep(RETRY_MS, signal).catch(() => undefined)
    }
  }

  #readOnce(): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect(this.#pipe)
      this.#socket = socket
      socket.on('data', (piece) => {
        this.#bytes += piece.length
        if (this.#bytes <= MAXIMUM_BYTES) this.#file?.write(piece)
      })
      // No pipe while the machine is off.
      socket.on('error', () => undefined)
      socket.on('close', () => resolve())
    })
  }
}
