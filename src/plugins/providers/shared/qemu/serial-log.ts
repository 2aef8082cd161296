/** The machine's serial line as a file of bounded size. */
import { open, rename, stat, truncate, writeFile } from 'node:fs/promises'
import { every } from '../../../../kit/clock.ts'
import type { Serial } from '../../../../sdk/provider.ts'

/** A guest that floods its serial line must not fill the host's disk: above the first size only the second is kept. */
const LIMIT_BYTES = 16 * 1024 * 1024
const KEPT_BYTES = 4 * 1024 * 1024
/** An emulated line gives less than 2 MiB/s (measured), so the file overshoots its limit by less than 10 MiB. */
const WATCH_MS = 5000

export class SerialLog implements Serial {
  readonly path: string
  #stop: (() => void) | undefined

  constructor(path: string) {
    this.path = path
  }

  /** Bounds the file from now on; QEMU appends to it, so that cutting it to nothing under QEMU's hands is sound. */
  watch(limitBytes = LIMIT_BYTES, keptBytes = KEPT_BYTES): void {
    this.#stop ??= every(WATCH_MS, () => void this.enforce(limitBytes, keptBytes).catch(() => undefined))
  }

  unwatch(): void {
    this.#stop?.()
    this.#stop = undefined
  }

  /** Moves the newest bytes into the file before this one, and empties this one. What is written in between is lost. */
  async enforce(limitBytes: number, keptBytes: number): Promise<void> {
    if ((await sizeOf(this.path)) <= limitBytes) return
    const kept = await tailOf(this.path, keptBytes)
    await writeFile(`${this.#earlier()}.part`, kept, { mode: 0o600 })
    await rename(`${this.#earlier()}.part`, this.#earlier())
    await truncate(this.path, 0)
  }

  async tail(maximumBytes: number): Promise<Buffer> {
    const newest = await tailOf(this.path, maximumBytes)
    if (newest.length >= maximumBytes) return newest
    return Buffer.concat([await tailOf(this.#earlier(), maximumBytes - newest.length), newest])
  }

  #earlier(): string {
    return `${this.path}.earlier`
  }
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

/** The last bytes of a file; none when it is not there. */
async function tailOf(path: string, maximumBytes: number): Promise<Buffer> {
  const size = await sizeOf(path)
  const length = Math.min(size, maximumBytes)
  if (length === 0) return Buffer.alloc(0)
  const handle = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
