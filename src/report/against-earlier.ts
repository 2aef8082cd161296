/** Which failures of a run are new, known or gone. */
import type { GateLedger } from '../model/gate-change.ts'
import type { Report } from '../model/report.ts'
import { loosenedSentences } from './gate-changes.ts'

/**
 * The report with what an earlier run says of its failures, both judged under the same policy; and with what of the gate was changed
 * since then: every part that was loosened is told.
 */
export function againstEarlier(report: Report, earlier: Report, ledger: GateLedger): Report {
  const before = signaturesOf(earlier)
  const now = signaturesOf(report)
  const { run, candidate } = earlier
  return {
    ...report,
    gateLedger: ledger,
    notes: [...loosenedSentences(ledger), ...report.notes],
    earlier: {
      run: run.id,
      candidate: candidate.title,
      release: candidate.release,
      known: [...now].filter((signature) => before.has(signature)).sort(),
      gone: [...before].filter((signature) => !now.has(signature)).sort(),
    },
  }
}

function signaturesOf({ cells }: Report): ReadonlySet<string> {
  return new Set(cells.flatMap(({ verdict }) => verdict.symptoms.map(({ signature }) => signature)))
}
