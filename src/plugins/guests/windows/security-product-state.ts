/** Decodes the `productState` of a product registered with Windows' security center. */

/**
 * The number is not documented by Microsoft; the decoding is the common one: bits 0xF000 whether it protects (0x1000 on),
 * bits 0x00F0 whether its content is old (0x10). 397568 (0x061100) is Defender, on and current. Total.
 */
export function decodeProductState(state: number): {
  readonly state: 'on' | 'off' | 'snoozed' | 'expired' | 'unknown'
  readonly upToDate: boolean
} {
  const names = { 0: 'off', 1: 'on', 2: 'snoozed', 3: 'expired' } as const
  const protection = Math.floor(state / 0x1000) % 16
  return {
    state: names[protection as keyof typeof names] ?? 'unknown',
    upToDate: Math.floor(state / 0x10) % 16 === 0,
  }
}
