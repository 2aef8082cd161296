/** Numbers as people read them; a number is never parted from its unit. */

const NBSP = '\u00A0'

/** `850 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`; a dash for what is no length of time. */
export function duration(milliseconds: number | undefined): string {
  if (milliseconds === undefined || !(milliseconds >= 0)) return '–'
  if (milliseconds < 1000) return `${Math.round(milliseconds)}${NBSP}ms`
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)}${NBSP}s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes}${NBSP}min ${Math.floor(seconds % 60)}${NBSP}s`
    : `${Math.floor(minutes / 60)}${NBSP}h ${minutes % 60}${NBSP}min`
}

/** A share between 0 and 1: `12 %`, `3.4 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(share === 0 || share >= 0.1 ? 0 : 1)} %`
}

/** `1 cell`, `5 cells`. */
export function count(number: number, word: string): string {
  return `${number.toLocaleString('en')} ${word}${number === 1 ? '' : 's'}`
}
