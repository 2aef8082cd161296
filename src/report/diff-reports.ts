/** What changed between two runs of the same matrix: cells are matched by their configuration, failures by signature. */
import { canonicalJson } from '../kit/hash.ts'
import type { Report } from '../model/report.ts'
import type { CellChange, ReportDiff } from '../model/report-diff.ts'
import type { Outcome } from '../model/verdict.ts'

type ReportedCell = Report['cells'][number]

/** Compares cell by cell. Configurations that only one run has are counted, never called fixed. */
export function diffReports(before: Report, after: Report): ReportDiff {
  const earlier = new Map(before.cells.map((cell) => [keyOf(cell), cell]))
  const later = new Map(after.cells.map((cell) => [keyOf(cell), cell]))
  const shared = [...later].flatMap(([key, cell]) => {
    const old = earlier.get(key)
    return old === undefined ? [] : [changeOf(old, cell)]
  })
  const failed = (outcome: Outcome): boolean => outcome === 'fail'
  const good = (outcome: Outcome): boolean => outcome === 'pass' || outcome === 'warn'
  const changed = (change: CellChange): boolean =>
    change.before !== change.after || change.appeared.length > 0 || change.vanished.length > 0
  return {
    schema: 'ringzero/compare/1',
    before: headOf(before),
    after: headOf(after),
    broken: shared.filter((change) => !failed(change.before) && failed(change.after)),
    fixed: shared.filter((change) => failed(change.before) && good(change.after)),
    stillFailing: shared.filter((change) => failed(change.before) && failed(change.after)),
    otherwise: shared.filter(
      (change) => changed(change) && !failed(change.after) && !(failed(change.before) && good(change.after)),
    ),
    unchanged: shared.filter((change) => !changed(change) && !failed(change.after)).length,
    onlyBefore: [...earlier.keys()].filter((key) => !later.has(key)).length,
    onlyAfter: [...later.keys()].filter((key) => !earlier.has(key)).length,
    newSignatures: difference(allSignatures(after), allSignatures(before)),
    goneSignatures: difference(allSignatures(before), allSignatures(after)),
  }
}

function changeOf(before: ReportedCell, after: ReportedCell): CellChange {
  return {
    configuration: after.planned.configuration,
    before: before.verdict.outcome,
    after: after.verdict.outcome,
    appeared: difference(signaturesOf(after), signaturesOf(before)),
    vanished: difference(signaturesOf(before), signaturesOf(after)),
  }
}

function headOf({ run, candidate }: Report): ReportDiff['before'] {
  return { run: run.id, candidate: candidate.id, release: candidate.release }
}

function keyOf({ planned }: ReportedCell): string {
  return canonicalJson(planned.configuration)
}

function signaturesOf({ verdict }: ReportedCell): string[] {
  return verdict.symptoms.map(({ signature }) => signature)
}

function allSignatures(report: Report): string[] {
  return [...new Set(report.cells.flatMap(signaturesOf))].sort()
}

function difference(all: readonly string[], without: readonly string[]): string[] {
  const other = new Set(without)
  return all.filter((entry) => !other.has(entry))
}
