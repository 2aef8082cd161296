/**
 * When to look whether a program in the guest has ended. The agent never says so by itself, and every look costs the guest and the host a
 * round trip; with many emulated machines on a few processors those round trips would cost more than the programs.
 */
import type { ExecRequest } from '../../../sdk/channel.ts'

const SHORTEST_PAUSE_MS = 8
const LONGEST_PAUSE_MS = 500
/** A program that was seen before is looked at when most of the time is over that it took then. */
const EARLY = 0.9
/** After the first look the pauses grow by half, so that a look comes at most half of the time too late. */
const GROWTH = 1.5
/** How much of the next pause a first look that came too early leaves: the end is near. */
const NEAR = 0.2
/** Programs remembered: a machine's life asks a few dozen things, again and again. */
const REMEMBERED = 256

export class ProgramPace {
  readonly #took = new Map<string, number>()
  /** Of all programs lately: what a program that was never seen before is expected to take, at the least. */
  #shortest = 0;

  /** Milliseconds to wait before each look at this program's state, without end. */
  *pauses(request: ExecRequest): Generator<number, never> {
    const known = this.#took.get(nameOf(request))
    const first = bounded((known ?? this.#shortest) * EARLY)
    yield first
    for (let pause = bounded(first * NEAR); ; pause = bounded(pause * GROWTH)) yield pause
  }

  /** Takes down how long a program ran, in milliseconds, as seen from here: an upper bound, as the last look may have come late. */
  ended(request: ExecRequest, milliseconds: number): void {
    const name = nameOf(request)
    this.#took.delete(name)
    this.#took.set(name, milliseconds)
    for (const oldest of this.#took.keys()) {
      if (this.#took.size <= REMEMBERED) break
      this.#took.delete(oldest)
    }
    this.#shortest = Math.min(...this.#took.values())
  }
}

function bounded(pause: number): number {
  return Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, pause))
}

/** Probes differ in their script, not in their program. */
function nameOf({ program, arguments: words }: ExecRequest): string {
  return [program, ...words].join('\0').slice(0, 4096)
}
