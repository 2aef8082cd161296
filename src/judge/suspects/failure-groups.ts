/**
 * Failures that are not the same failure are explained one at a time: two culprits that break machines in two ways then fall
 * apart without a further cell.
 */
import type { PlannedCell } from '../../model/plan.ts'
import type { Symptom } from '../../model/symptom.ts'
import { isBlamed, isDecided, type AttemptSummary, type Verdict } from '../../model/verdict.ts'
import { signatureKey } from '../signature.ts'
import type { ObservedCell } from './observed-cell.ts'

export interface JudgedConfiguration {
  readonly planned: PlannedCell
  readonly verdict: Verdict
}

/** One failure, with what all cells that can say something of it say. */
export interface FailureGroup {
  /** Of the symptoms that it shows as; the symptom that stands first in most of its cells comes first. */
  readonly signatures: readonly string[]
  /** The first of these symptoms. */
  readonly symptom: Symptom | undefined
  readonly observed: readonly ObservedCell[]
}

/** All failures as one. Cells without a verdict, and failures that are not the candidate's, say nothing. */
export function allFailures(cells: readonly JudgedConfiguration[]): FailureGroup {
  const blamed = cells.filter(({ verdict }) => isBlamed(verdict))
  const symptoms = blamed.flatMap(({ verdict }) => failures(verdict))
  return {
    signatures: [...new Set(symptoms.map(({ signature }) => signature))],
    symptom: symptoms[0],
    observed: cells.flatMap((cell) =>
      isBlamed(cell.verdict) ? [failed(cell, cell.verdict.failing)] : passed(cell),
    ),
  }
}

/**
 * A group for each failure that is the worst of some cell, the one of most cells first. Failures of the same cells are one: a
 * boot loop and the panic that causes it. A cell that fails in another way says that this failure is absent only if all its
 * attempts went on to the end, where it would have been seen.
 */
export function failureGroups(cells: readonly JudgedConfiguration[]): readonly FailureGroup[] {
  const blamed = cells.filter(({ verdict }) => isBlamed(verdict))
  const worst = new Set(blamed.flatMap(({ verdict }) => failures(verdict).slice(0, 1).map(keyOf)))
  const members = [...worst].map((key) => ({
    key,
    cells: blamed.filter(({ verdict }) => failures(verdict).some((symptom) => keyOf(symptom) === key)),
  }))
  const alike = Map.groupBy(members, (member) => member.cells.map(({ planned }) => planned.id).join(' '))
  return [...alike.values()]
    .map((same) => groupOf(new Set(same.map(({ key }) => key)), same[0]?.cells ?? [], cells))
    .sort((a, b) => failingOf(b) - failingOf(a))
}

function groupOf(
  keys: ReadonlySet<string>,
  members: readonly JudgedConfiguration[],
  cells: readonly JudgedConfiguration[],
): FailureGroup {
  const symptoms = members.flatMap(({ verdict }) =>
    failures(verdict).filter((symptom) => keys.has(keyOf(symptom))),
  )
  const signatures = new Set(symptoms.map(({ signature }) => signature))
  const mine = new Set(members.map(({ planned }) => planned.id))
  return {
    signatures: [...signatures],
    symptom: symptoms[0],
    observed: cells.flatMap((cell) => {
      const { planned, verdict } = cell
      if (mine.has(planned.id)) {
        const shown = verdict.attempts.filter(
          (attempt) => counts(attempt) && attempt.symptoms.some((signature) => signatures.has(signature)),
        )
        return [failed(cell, shown.length)]
      }
      if (!isBlamed(verdict)) return passed(cell)
      return verdict.attempts.filter(counts).every(wentToTheEnd)
        ? [{ configuration: planned.configuration, failures: 0, runs: Math.max(1, verdict.valid) }]
        : []
    }),
  }
}

/** A cell that is worse in all its runs together has no single run that failed: all of them did. */
function failed({ planned, verdict }: JudgedConfiguration, failing: number): ObservedCell {
  const runs = Math.max(1, verdict.valid, failing)
  return { configuration: planned.configuration, failures: failing === 0 ? runs : failing, runs }
}

function passed({ planned, verdict }: JudgedConfiguration): ObservedCell[] {
  if (!isDecided(verdict) || verdict.outcome === 'fail') return []
  return [{ configuration: planned.configuration, failures: 0, runs: Math.max(1, verdict.valid) }]
}

function failures({ symptoms }: Verdict): readonly Symptom[] {
  return symptoms.filter(({ severity }) => severity === 'fail')
}

function keyOf({ signature }: Symptom): string {
  return signatureKey(signature)
}

function counts({ end, invalid }: AttemptSummary): boolean {
  return end === 'completed' && invalid === undefined
}

function wentToTheEnd({ phases }: AttemptSummary): boolean {
  return (
    phases.some(({ phase, end }) => phase === 'rollback' && end === 'done') &&
    !phases.some(({ phase }) => phase === 'recover')
  )
}

function failingOf({ observed }: FailureGroup): number {
  return observed.filter((cell) => cell.failures > 0).length
}
