/** How far a start can get, in order. */
export const MILESTONES: readonly string[] = [
  'power',
  'firmware',
  'loader',
  'kernel',
  'agent',
  'session',
  'services',
  'settled',
]
