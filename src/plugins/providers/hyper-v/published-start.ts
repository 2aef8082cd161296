/**
 * What a guest publishes of its start through the hypervisor's data exchange (plugins/providers/hyper-v/images/scripts/publish-start.ps1), without
 * a session: that its services run, and whether its setup waits. Registry values outlive restarts and are copied with disks.
 */
import { oneLine } from '../../../kit/text.ts'
import type { MachineSignal } from '../../../sdk/provider.ts'

/** Setup of a machine that was set up before (the last part of a feature update) ends by itself within minutes, or waits. */
const SETUP_MS = 300_000

export class PublishedStart {
  readonly #name: string
  #nonce = ''
  #fresh = false
  #told = false
  #openSince: number | undefined

  /** `name` is the VM's: the guest knows it from its host and puts it before its nonce. */
  constructor(name: string) {
    this.#name = name
  }

  /** What was published until now is of an earlier start. */
  begin(): void {
    this.#fresh = false
    this.#told = false
    this.#openSince = undefined
  }

  /** Windows says in this start that its setup has not ended. */
  get setupOpen(): boolean {
    return this.#openSince !== undefined
  }

  /** `nonce` is `<VM name>/<nonce>`; `setup` is `complete`, or what is still open. Both are the guest's: untrusted data. */
  take(
    { nonce, setup }: { readonly nonce: string | null; readonly setup: string | null },
    answered: boolean,
    at: number,
  ): readonly MachineSignal[] {
    const signals: MachineSignal[] = []
    if (nonce?.startsWith(`${this.#name}/`) === true && nonce !== this.#nonce) {
      this.#nonce = nonce
      this.#fresh = true
      signals.push({ kind: 'milestone', milestone: 'services', at })
    }
    const open = this.#fresh && setup !== null && setup !== 'complete' && !answered
    this.#openSince = open ? (this.#openSince ?? at) : undefined
    if (this.#openSince === undefined || this.#told || at - this.#openSince < SETUP_MS) return signals
    this.#told = true
    const seconds = Math.round((at - this.#openSince) / 1000)
    const detail = `Windows says for ${seconds} s that its setup has not ended, and signing in is not possible: ${oneLine(setup ?? '', 300)}`
    return [...signals, { kind: 'stuck', where: 'setup', detail, at }]
  }
}
