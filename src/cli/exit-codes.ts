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

const DECISIONS: ReadonlySet<number> = new Set([EXIT.done, EXIT.hold, EXIT.inconclusive])

/** The code that the process ends with: what was interrupted, or could not be said, is no decision. */
export function finalCode(
  code: number,
  { interrupted, outputLost }: { readonly interrupted: boolean; readonly outputLost: boolean },
): number {
  if (!DECISIONS.has(code)) return code
  if (interrupted) return EXIT.interrupted
  return outputLost ? EXIT.toolFault : code
}

/** The exit code of a decision: release or done 0, hold 1, not enough evidence 3. */
export function exitCodeOfDecision(decision: 'release' | 'hold' | 'inconclusive'): ExitCode {
  return decision === 'release' ? EXIT.done : decision === 'hold' ? EXIT.hold : EXIT.inconclusive
}

/** The exit code of a run that was judged again: reporters that broke come before what the gate says. */
export function exitCodeOfConclusion({
  gate,
  broken,
}: {
  readonly gate: { readonly decision: 'release' | 'hold' | 'inconclusive' }
  readonly broken: { readonly fault: Fault } | undefined
}): ExitCode {
  return broken === undefined ? exitCodeOfDecision(gate.decision) : exitCodeOfFault(broken.fault)
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
