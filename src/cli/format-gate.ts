/** A gate's decision rule by rule. */
import type { Gate } from '../model/report.ts'

/** Lines for people; the decision comes last. */
export function formatGate(gate: Gate): string[] {
  return [
    ...gate.rules.map((rule) => `${rule.result.padEnd(12)} ${rule.id}: ${rule.explanation}`),
    ...gate.waivers.map(
      (waiver) =>
        `waiver ${waiver.id}: ${waiver.state}${waiver.cells.length === 0 ? '' : ` (${waiver.cells.join(', ')})`}`,
    ),
    `${gate.decision.toUpperCase()}: ${gate.because}`,
  ]
}
