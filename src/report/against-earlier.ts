/** Which failures of a run are new, known or gone. */
import type { Report } from '../model/report.ts'

/** The report with what an earlier run says of its failures; both are judged under the same policy. */
export function againstEarlier(report: Report, earlier: Report): Report {
  const before = signaturesOf(earlier)
  const now = signaturesOf(report)
  const { run, candidate } = earlier
  return {
    ...report,
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
