/** Says that a machine waits for a person, from what the host can see. Silent unless the facts leave little else. */
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
  readonly answered: boolean
  readonly failedStarts: number
  readonly tpm: boolean
}

export interface StuckScreen {
  readonly where: 'recovery' | 'bitlocker-recovery'
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
    if (facts.answered || facts.sinceStart < SILENT_MS || at - this.#since < STILL_MS) return undefined
    if (!isBluePage(pixels)) return undefined
    const still = `a still blue page for ${Math.round((at - this.#since) / 1000)} s and no answer from the guest`
    if (facts.failedStarts >= FAILED_STARTS)
      return { where: 'recovery', detail: `${still}, after ${facts.failedStarts} failed starts` }
    if (facts.tpm)
      return {
        where: 'bitlocker-recovery',
        detail: `${still}, on a machine with a TPM whose start did not fail`,
      }
    return undefined
  }
}

/** Whether most of the picture is one blue, as the pages of Windows recovery and of the BitLocker prompt are. */
function isBluePage(pixels: Uint8Array): boolean {
  const counts = new Map<number, number>()
  for (let index = 0; index + 1 < pixels.length; index += 2) {
    const pixel = (pixels[index] ?? 0) | ((pixels[index + 1] ?? 0) << 8)
    counts.set(pixel, (counts.get(pixel) ?? 0) + 1)
  }
  const [pixel, count] = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), [0, 0])
  const red = (pixel >> 11) / 31
  const green = ((pixel >> 5) & 0x3f) / 63
  const blue = (pixel & 0x1f) / 31
  return count > (pixels.length / 2) * 0.6 && blue > 0.4 && blue > red * 1.5 && blue > green * 1.2
}
