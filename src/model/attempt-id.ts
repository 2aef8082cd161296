/** The name of one try of one arm of one cell, as reports refer to it. */
import type { Arm } from './phase.ts'

interface AttemptName {
  readonly cell: string
  readonly arm: Arm
  readonly attempt: number
}

/** All who hear of an event ask for the same name one after the other; a text that is made once is hashed once, too. */
let last: AttemptName & { readonly id: string } = { cell: '', arm: 'control', attempt: 0, id: '/control-0' }

/** `<cell>/<arm>-<attempt>`: also its folder below `cells/` in the run folder. */
export function attemptId({ cell, arm, attempt }: AttemptName): string {
  if (last.cell !== cell || last.arm !== arm || last.attempt !== attempt)
    last = { cell, arm, attempt, id: `${cell}/${arm}-${attempt}` }
  return last.id
}
