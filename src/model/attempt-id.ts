/** The name of one try of one arm of one cell, as reports refer to it. */
import type { Arm } from './phase.ts'

/** `<cell>/<arm>-<attempt>`: also its folder below `cells/` in the run folder. */
export function attemptId(of: {
  readonly cell: string
  readonly arm: Arm
  readonly attempt: number
}): string {
  return `${of.cell}/${of.arm}-${of.attempt}`
}
