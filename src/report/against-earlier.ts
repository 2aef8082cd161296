/** Which failures of a run are new, known or gone, and what its candidate has more or fewer of in the kernel. */
import type { GateLedger } from '../model/gate-change.ts'
import type { Report } from '../model/report.ts'
import { loosenedSentences } from './gate-changes.ts'
import { footprintSince } from './health-cards.ts'

/**
 * The report with what an earlier run says of its failures and its footprint, both judged under the same policy; and with what of the gate was changed
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
    ...healthSince(report, earlier),
  }
}

/** Nothing where the candidate of one of them was measured on no machine: everything would look new, or gone. */
function healthSince({ health }: Report, earlier: Report): Pick<Report, 'health'> {
  const [now, before] = [health?.cards[0], earlier.health?.cards[0]]
  if (health === undefined || now === undefined || before === undefined) return {}
  if (now.machines === 0 || before.machines === 0) return {}
  const since = { run: earlier.run.id, title: before.title, changes: footprintSince(now, before) }
  return { health: { ...health, since } }
}

function signaturesOf({ cells }: Report): ReadonlySet<string> {
  return new Set(cells.flatMap(({ verdict }) => verdict.symptoms.map(({ signature }) => signature)))
}
