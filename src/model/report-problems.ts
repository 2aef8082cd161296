/** The failures of a report, each once however many cells have it, and what brought their machines back. */
import type { Report } from './report.ts'
import { HARD_SYMPTOMS, type Symptom } from './symptom.ts'

/** One failure, however many cells have it. */
export interface ReportProblem extends Pick<Symptom, 'class' | 'severity' | 'summary' | 'signature'> {
  /** Places of its cells in the report. */
  readonly cells: readonly number[]
  /** Against the earlier run that the report names; absent without one. */
  readonly since?: 'new' | 'known'
}

/** How machines were brought back, and how many stayed dead. */
export interface RecoveryCount {
  readonly step: string
  readonly broughtBack: boolean
  readonly cells: number
}

/** Failures before warnings, then those of the most cells, the hardest fact first. */
export function reportProblems(report: Report): readonly ReportProblem[] {
  const found = new Map<string, { readonly symptom: Symptom; readonly cells: number[] }>()
  report.cells.forEach(({ verdict }, place) => {
    for (const symptom of verdict.symptoms) {
      const known = found.get(symptom.signature)
      if (known === undefined) found.set(symptom.signature, { symptom, cells: [place] })
      else if (known.cells.at(-1) !== place) known.cells.push(place)
    }
  })
  const known = report.earlier === undefined ? undefined : new Set(report.earlier.known)
  return [...found.values()]
    .map(({ symptom, cells }): ReportProblem => ({
      class: symptom.class,
      severity: symptom.severity,
      summary: symptom.summary,
      signature: symptom.signature,
      cells,
      ...(known === undefined ? {} : { since: known.has(symptom.signature) ? 'known' : 'new' }),
    }))
    .sort(
      (a, b) =>
        a.severity.localeCompare(b.severity) || b.cells.length - a.cells.length || hardness(b) - hardness(a),
    )
}

/** Steps that brought most of these cells back first. */
export function recoveryCounts(cells: readonly Report['cells'][number][]): readonly RecoveryCount[] {
  const found = new Map<string, RecoveryCount>()
  for (const { verdict } of cells) {
    if (verdict.recovery === undefined) continue
    const { step, broughtBack } = verdict.recovery
    const key = `${step} ${broughtBack}`
    found.set(key, { step, broughtBack, cells: (found.get(key)?.cells ?? 0) + 1 })
  }
  return [...found.values()].sort((a, b) => b.cells - a.cells)
}

/** A kernel that names where it died says more than the restarts that follow from it. */
function hardness({ class: name }: Pick<Symptom, 'class'>): number {
  if (name === 'panic' || name === 'bugcheck') return 2
  return HARD_SYMPTOMS.has(name) ? 1 : 0
}
