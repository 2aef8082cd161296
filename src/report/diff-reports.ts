/** What changed between two runs of the same matrix: cells are matched by their configuration, failures by signature. */
import { canonicalJson } from '../kit/hash.ts'
import type { Report } from '../model/report.ts'
import type { Outcome } from '../model/verdict.ts'

export interface CellChange {
  readonly configuration: Readonly<Record<string, string>>
  readonly before: Outcome
  readonly after: Outcome
  /** Signatures that only the later run shows, and only the earlier. */
  readonly appeared: readonly string[]
  readonly vanished: readonly string[]
}

export interface ReportDiff {
  readonly schema: 'ringzero/compare/1'
  readonly before: { readonly run: string; readonly candidate: string; readonly release: string }
  readonly after: { readonly run: string; readonly candidate: string; readonly release: string }
  /** Cells that failed in neither, one or both runs, or lost or gained their verdict. */
  readonly broken: readonly CellChange[]
  readonly fixed: readonly CellChange[]
  readonly stillFailing: readonly CellChange[]
  readonly otherwise: readonly CellChange[]
  readonly unchanged: number
  readonly onlyBefore: number
  readonly onlyAfter: number
  /** Signatures over all cells of one run that the other does not have. */
  readonly newSignatures: readonly string[]
  readonly goneSignatures: readonly string[]
}

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
