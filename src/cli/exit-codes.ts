/** What the exit code says; CI gates on it. */
import type { Fault } from '../model/errors.ts'

export const EXIT = {
  done: 0,
  hold: 1,
  badInput: 2,
  inconclusive: 3,
  toolFault: 4,
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The exit code of a decision: release or done 0, hold 1, not enough evidence 3. */
export function exitCodeOfDecision(decision: 'release' | 'hold' | 'inconclusive'): ExitCode {
  return decision === 'release' ? EXIT.done : decision === 'hold' ? EXIT.hold : EXIT.inconclusive
}

/** The exit code of an error, by whose fault it is; a failing lab is inconclusive, never a hold. */
export function exitCodeOfFault(fault: Fault): ExitCode {
  const codes: Record<Fault, ExitCode> = {
    user: EXIT.badInput,
    host: EXIT.inconclusive,
    plugin: EXIT.toolFault,
    tool: EXIT.toolFault,
    cancelled: EXIT.interrupted,
  }
  return codes[fault]
}
