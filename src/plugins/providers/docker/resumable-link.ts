/**
 * A stream to a unix socket in a machine's folder, over one exec stream that may break and is made again without a byte
 * lost: a relay beside the machine holds the socket and keeps both directions in files, and each exec stream says how far
 * it is. QEMU takes one connection at a time, so a new link ends the relay of an earlier one.
 */
import { Duplex, Writable } from 'node:stream'
import type Dockerode from 'dockerode'
import { systemClock } from '../../../kit/clock.ts'

/** An engine that stays away for so long takes its machines with it (run-container.ts). */
const GIVE_UP_MS = 45_000
const RETRY_MS = 250
/** Sent bytes that are kept for a stream that breaks: more than the longest request, which is answered before the next. */
const KEPT_BYTES = 16 * 1024 * 1024
/** Each time that so much was received, the other side gives up its copy. */
const GIVEN_UP_BYTES = 8 * 1024 * 1024

/**
 * Arguments: name of the link, socket, bytes received so far, `new` or `resumed`. Standard output is the socket's bytes;
 * standard error says `arrived N` (bytes that the relay has of us) and `ended N` (bytes that there were in all).
 * The relay waits for the socket for a minute. A link whose relay is not known any more ends without a word.
 */
const LINK = `
s=$1 socket=$2 from=$3
exec 3<&0
if [ ! -e "/tmp/$s.pid" ]; then
  [ "$4" = new ] || exit 1
  [ -e "/tmp/$socket.pid" ] && kill -9 "$(cat "/tmp/$socket.pid")" 2>/dev/null
  : >"$s.in"; : >"$s.out"; rm -f "$s.fifo"; mkfifo "$s.fifo"
  (
    n=0; while [ ! -S "$socket" ]; do n=$((n+1)); [ $n -gt 1200 ] && exit 1; sleep 0.05; done
    exec socat -t 0.2 - "UNIX-CONNECT:$socket" <>"$s.fifo"
  ) >>"$s.out" 2>/dev/null 3<&- &
  r=$!
  tail -c +1 -f --pid="$r" -s 0.2 "$s.in" 1<>"$s.fifo" 2>/dev/null </dev/null 3<&- &
  echo "$r" >"/tmp/$socket.pid"; echo "$r" >"/tmp/$s.pid"
fi
r=$(cat "/tmp/$s.pid")
echo "arrived $(stat -c %s "$s.in")" >&2
tail -c "+$((from+1))" -f --pid="$r" -s 0.1 "$s.out" 3<&- &
t=$!
{ cat <&3; kill "$t"; } >>"$s.in" 2>/dev/null &
exec 3<&-
wait "$t" && echo "ended $(stat -c %s "$s.out")" >&2
`

export interface LinkTarget {
  readonly engine: Dockerode
  /** The container that the machine's tools run in; its working folder is the machine's. */
  readonly container: Dockerode.Container
  /** Name of the link's files in the machine's folder. */
  readonly name: string
  readonly socket: string
  /** Called with the number of bytes of the link's output that nobody needs any more. */
  readonly giveUp: (file: string, bytes: number) => void
}

export class ResumableLink extends Duplex {
  readonly #target: LinkTarget
  #stream: Duplex | undefined
  #begun = false
  #received = 0
  #givenUp = 0
  #sent: Buffer[] = []
  /** Position of the first byte in #sent, and behind its last. */
  #sentFrom = 0
  #sentTo = 0

  constructor(target: LinkTarget) {
    super({ allowHalfOpen: false })
    this.#target = target
    void this.#keep()
  }

  get received(): number {
    return this.#received
  }

  /** Breaks the present exec stream, as an engine does. */
  breakStream(): void {
    this.#stream?.destroy()
  }

  override _read(): void {
    // Bytes are pushed as they come.
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#sent.push(chunk)
    this.#sentTo += chunk.length
    for (
      let [first] = this.#sent;
      first !== undefined && this.#sentTo - this.#sentFrom > KEPT_BYTES;
      [first] = this.#sent
    ) {
      this.#sent.shift()
      this.#sentFrom += first.length
    }
    this.#stream?.write(chunk)
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#stream?.destroy()
    done(error)
  }

  /** One exec stream after the other, until the socket's end. */
  async #keep(): Promise<void> {
    let brokenSince: number | undefined
    for (;;) {
      const before = this.#received
      const outcome = await this.#once().catch((error: unknown) => error as Error)
      if (this.destroyed) return
      if (outcome === 'ended') {
        this.push(null)
        this.end()
        return
      }
      const now = systemClock.now()
      brokenSince = outcome === 'broken' && this.#received > before ? now : (brokenSince ?? now)
      if (now - brokenSince > GIVE_UP_MS || outcome === 'lost') {
        this.destroy(new Error('the container engine gave up the link to the machine'))
        return
      }
      await systemClock.sleep(RETRY_MS)
    }
  }

  async #once(): Promise<'ended' | 'broken' | 'lost'> {
    const { engine, container, name, socket } = this.#target
    const exec = await container.exec({
      Cmd: ['sh', '-c', LINK, 'sh', name, socket, String(this.#received), this.#begun ? 'resumed' : 'new'],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
    })
    const stream: Duplex = await exec.start({ hijack: true, stdin: true })
    // A link is silent for as long as its guest is.
    ;(stream as { setKeepAlive?: (on: boolean, delay: number) => void }).setKeepAlive?.(true, 15_000)
    let total: number | undefined
    let heard = false
    let words = ''
    const out = writer((piece) => this.#take(piece))
    const control = writer((piece) => {
      words += piece.toString('latin1')
      for (let line = /^([^\n]*)\n/.exec(words); line !== null; line = /^([^\n]*)\n/.exec(words)) {
        words = words.slice(line[0].length)
        const [, word, number] = /^(arrived|ended) (\d+)$/.exec(line[1] ?? '') ?? []
        if (word === 'arrived') {
          heard = true
          this.#begun = true
          this.#resume(stream, Number(number))
        } else if (word === 'ended') total = Number(number)
      }
    })
    engine.modem.demuxStream(stream, out, control)
    await new Promise<void>((resolve) => {
      for (const event of ['end', 'close', 'error']) stream.once(event, () => resolve())
    })
    this.#stream = undefined
    stream.destroy()
    if (total !== undefined && total === this.#received) return 'ended'
    if (heard || !this.#begun) return 'broken'
    // The relay is gone where the container that it ran in is: nobody can go on from there.
    const { Running: running, ExitCode: code } = await exec.inspect()
    return !running && code === 1 ? 'lost' : 'broken'
  }

  #take(piece: Buffer): void {
    this.#received += piece.length
    this.push(piece)
    if (this.#received - this.#givenUp < GIVEN_UP_BYTES) return
    this.#givenUp = this.#received
    this.#target.giveUp(`${this.#target.name}.out`, this.#received)
  }

  /** Sends again what did not arrive. */
  #resume(stream: Duplex, arrived: number): void {
    if (arrived < this.#sentFrom || arrived > this.#sentTo) {
      this.destroy(new Error('the link to the machine cannot go on where it broke'))
      return
    }
    let at = this.#sentFrom
    for (const piece of this.#sent) {
      const skip = Math.max(0, arrived - at)
      if (skip < piece.length) stream.write(piece.subarray(skip))
      at += piece.length
    }
    this.#stream = stream
  }
}

function writer(take: (piece: Buffer) => void): Writable {
  return new Writable({
    write(piece: Buffer, _, done) {
      take(piece)
      done()
    },
  })
}
