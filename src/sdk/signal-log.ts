/** All signals of one machine from its creation on, for any number of readers, each of whom gets all of them. */
import type { MachineSignal } from './provider.ts'
import { WakeUp } from '../kit/wake-up.ts'

/** A guest that opens and closes its agent port without end must not fill our memory. */
const MAXIMUM_SIGNALS = 20_000

export class SignalLog {
  readonly #signals: MachineSignal[] = []
  readonly #change = new WakeUp()
  #closed = false

  push(signal: MachineSignal): void {
    if (this.#closed || (this.#signals.length >= MAXIMUM_SIGNALS && signal.kind !== 'host-fault')) return
    this.#signals.push(signal)
    this.#change.wake()
  }

  /** Ends all readers after what there is. */
  close(): void {
    this.#closed = true
    this.#change.wake()
  }

  async *read(): AsyncGenerator<MachineSignal> {
    for (let next = 0; ; next += 1) {
      while (next >= this.#signals.length) {
        if (this.#closed) return
        await this.#change.wait()
      }
      const signal = this.#signals[next]
      if (signal !== undefined) yield signal
    }
  }
}
