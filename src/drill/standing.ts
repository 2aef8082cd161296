/** Which drill stands for a run: the newest receipt of the same gate on the same lab before it. Pure. */
import { formatInstant, type Instant } from '../kit/clock.ts'
import type { DrillStanding, KeptReceipt } from '../model/drill.ts'

/** What a receipt must be of to say something of a run. */
export interface DrilledGate {
  readonly matrixSha256: string
  readonly labSha256: string | undefined
  readonly policySha256: string
  /** Version of ringzero. */
  readonly tool: string
  readonly startedAt: Instant
}

/** undefined: there is none. A drill that began after the run says nothing of the gate as it was. */
export function standingOf(kept: readonly KeptReceipt[], gate: DrilledGate): DrillStanding | undefined {
  const [newest] = kept
    .filter(
      ({ receipt }) =>
        receipt.matrix.sha256 === gate.matrixSha256 &&
        receipt.lab.sha256 === gate.labSha256 &&
        receipt.policy.sha256 === gate.policySha256 &&
        receipt.tool === gate.tool &&
        receipt.endedAt <= gate.startedAt,
    )
    .toSorted((a, b) => b.receipt.startedAt - a.receipt.startedAt)
  if (newest === undefined) return undefined
  const { receipt, signature } = newest
  const classes = (...wanted: readonly string[]): DrillStanding['covered'] => [
    ...new Set(receipt.results.flatMap((one) => (wanted.includes(one.result) ? [one.class] : []))),
  ]
  const missed = classes('blind', 'twin-red')
  return {
    startedAt: receipt.startedAt,
    covered: classes('red').filter((name) => !missed.includes(name)),
    missed,
    full: receipt.full,
    computer: receipt.computer,
    ...(signature === undefined ? {} : { signedBy: signature.keyId }),
  }
}

/** What every report says of the drill before it. */
export function drillSentence(drill: DrillStanding | undefined, startedAt: Instant): string {
  if (drill === undefined)
    return 'no drill of this gate on this lab came before the run: nothing proves that it can be red (`ringzero drill`)'
  const { covered, missed } = drill
  const hours = ((startedAt - drill.startedAt) / 3_600_000).toFixed(1)
  const where = `on ${drill.computer}, ${drill.full ? 'the whole matrix' : 'one cell each'}, ${drill.signedBy === undefined ? 'not signed' : `signed by ${drill.signedBy.slice(0, 12)}`}`
  const blind = missed.length === 0 ? '' : `; it was blind, or red for a good twin, for: ${missed.join(', ')}`
  return `the gate was rehearsed ${hours} hours before the run (${formatInstant(drill.startedAt)}, ${where}): ${covered.length} of ${covered.length + missed.length} classes of failures were held for the right reason${blind}`
}
