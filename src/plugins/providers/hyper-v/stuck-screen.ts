/**
 * Says that a machine waits for a person, from what the host knows of its start. The picture decides nothing but that the
 * screen stands still and shows something: what stands on it is told by the facts. Silent unless they leave little else.
 *
 * The firmware of generation 2 reports an operating system (event 18601) when the loader leaves it (ExitBootServices:
 * microsoft/mu_msvm, Platform BDS, ExitBootServicesHandler). The BitLocker prompt and the boot manager's error page come
 * before that, Windows and its recovery environment after it. The recovery environment has no heartbeat service.
 */
import { createHash } from 'node:crypto'

/** How long the same picture must stand before anything is said of it. */
const STILL_MS = 60_000
/** How long a start may take before its silence means something. */
const SILENT_MS = 120_000
/** Windows goes into recovery after two starts in a row that failed (Windows RE technical reference). */
const FAILED_STARTS = 2

export interface StartFacts {
  /** Milliseconds since the guest began to start. */
  readonly sinceStart: number
  /** The guest gave a sign of life in this start: a heartbeat, or an answer over its channel. */
  readonly alive: boolean
  /** This start ended in a crash: what stands on the screen is its report. */
  readonly crashed: boolean
  /** An operating system took over from the firmware; only generation 2 says so. */
  readonly loaded: boolean
  readonly failedStarts: number
  readonly generation: 1 | 2
  readonly tpm: boolean
}

export interface StuckScreen {
  readonly where: 'recovery' | 'bitlocker-recovery' | 'firmware'
  readonly detail: string
}

/** Follows the pictures of one machine. */
export class ScreenFollower {
  #digest = ''
  #since = 0

  /** `pixels` are RGB565; returns what the machine waits for, if that can be said. */
  take(pixels: Uint8Array, at: number, facts: StartFacts): StuckScreen | undefined {
    const digest = createHash('sha256').update(pixels).digest('hex')
    if (digest !== this.#digest) {
      this.#digest = digest
      this.#since = at
      return undefined
    }
    if (facts.alive || facts.crashed || facts.sinceStart < SILENT_MS || at - this.#since < STILL_MS)
      return undefined
    if (isDark(pixels)) return undefined
    return explain(facts, `the screen stands still for ${Math.round((at - this.#since) / 1000)} s`)
  }
}

function explain(facts: StartFacts, still: string): StuckScreen | undefined {
  const { generation, loaded, failedStarts, tpm } = facts
  if (generation === 2 && !loaded) {
    const before = `${still} before an operating system took over from the firmware`
    if (tpm)
      return {
        where: 'bitlocker-recovery',
        detail: `${before}, on a machine with a TPM: the boot manager waits, as it does for a BitLocker recovery key`,
      }
    return { where: 'firmware', detail: `${before}: the boot manager waits` }
  }
  if (failedStarts < FAILED_STARTS) return undefined
  return {
    where: 'recovery',
    detail: `${still} after ${failedStarts} failed starts, ${loaded ? 'an operating system was started but' : 'and'} no integration service answers`,
  }
}

/** A screen that shows next to nothing is a hang, not a page. */
function isDark(pixels: Uint8Array): boolean {
  let dark = 0
  for (let index = 0; index + 1 < pixels.length; index += 2) {
    const pixel = (pixels[index] ?? 0) | ((pixels[index + 1] ?? 0) << 8)
    const light = (pixel >> 11) / 31 + ((pixel >> 5) & 0x3f) / 63 + (pixel & 0x1f) / 31
    if (light < 0.2) dark += 1
  }
  return dark > (pixels.length / 2) * 0.98
}
