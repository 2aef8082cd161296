/** Everything about one cell on one page: how far it got, what the control did, the signature, who else has it, what is known. */
import type { Instant } from '../kit/clock.ts'
import { nearestWord } from '../kit/nearest-word.ts'
import { matchesWaiver } from '../judge/known-issues.ts'
import { attemptId } from '../model/attempt-id.ts'
import { AppError } from '../model/errors.ts'
import type { Policy } from '../model/policy.ts'
import type { EvidenceRecord, Report, Suspect } from '../model/report.ts'
import { emptyRunState, foldEvent, type AttemptState } from '../model/run-state.ts'
import { spellValues } from '../model/spelling.ts'
import type { AttemptSummary, Verdict } from '../model/verdict.ts'
import { runEvents } from '../record/run-events.ts'
import { judgeRun } from './judge-run.ts'

export interface CellExplanation {
  readonly schema: 'ringzero/explain/1'
  readonly cell: string
  readonly stage: string
  readonly configuration: Readonly<Record<string, string>>
  /** The same as people read it. */
  readonly spelled: Readonly<Record<string, string>>
  readonly purpose: string
  readonly verdict: Verdict
  readonly attempts: readonly ExplainedAttempt[]
  /** Cells that share a signature with this one. */
  readonly similar: readonly { readonly cell: string; readonly signatures: readonly string[] }[]
  /** Suspects of the run that this cell holds. */
  readonly suspects: readonly Suspect[]
  /** Waivers of the policy whose signature and cells match, whether or not they may cover it. */
  readonly waivers: readonly {
    readonly id: string
    readonly ticket: string
    readonly expires: string
    readonly applied: boolean
  }[]
  readonly evidence: readonly EvidenceRecord[]
  /** Names of machines of this cell that were kept for a person to look at. */
  readonly keptMachines: readonly string[]
}

export interface ExplainedAttempt extends Omit<AttemptSummary, 'boots'> {
  /** Each start: how it began, how far it got, how it ended. */
  readonly boots: readonly {
    readonly ordinal: number
    readonly cause: string
    readonly milestone: string
    readonly ended: string
    readonly readyMs?: number
  }[]
  readonly faults: readonly { readonly phase: string; readonly code: string; readonly message: string }[]
}

/**
 * Explains the cell whose id is, or begins with, `query`.
 * @throws AppError CELL_UNKNOWN (user) naming the nearest; RUN_UNREADABLE, JOURNAL_DAMAGED
 */
export async function explainCell(
  runFolder: string,
  query: string,
  policy: Policy,
  at: Instant,
): Promise<CellExplanation> {
  const { report, state } = await judgeRun(runFolder, policy, at)
  const { planned, verdict } = findCell(report, query)
  const shared = new Set(verdict.control.attempts)
  const attempts = [
    ...verdict.attempts.map((summary) => ({ ...summary, id: attemptId({ ...summary, cell: planned.id }) })),
    ...report.controls.filter(({ id }) => shared.has(id)),
  ]
  const details = await readAttempts(runFolder, new Set(attempts.map(({ id }) => id)))
  const signatures = new Set(verdict.symptoms.map(({ signature }) => signature))
  return {
    schema: 'ringzero/explain/1',
    cell: planned.id,
    stage: planned.stage,
    configuration: planned.configuration,
    spelled: spellValues(report.matrix.axes, planned.configuration),
    purpose: planned.purpose,
    verdict,
    attempts: attempts.map(({ id, ...summary }) => ({ ...summary, ...detailsOf(details.get(id)) })),
    similar: report.cells.flatMap((other) => {
      const alike = other.verdict.symptoms
        .map(({ signature }) => signature)
        .filter((one) => signatures.has(one))
      return other.planned.id === planned.id || alike.length === 0
        ? []
        : [{ cell: other.planned.id, signatures: [...new Set(alike)] }]
    }),
    suspects: report.suspects.filter(({ values }) =>
      Object.entries(values).every(([axis, value]) => planned.configuration[axis] === value),
    ),
    waivers: (policy.waivers ?? [])
      .filter((waiver) =>
        [...signatures].some((signature) => matchesWaiver(waiver, signature, planned.configuration)),
      )
      .map(({ id, ticket, expires }) => ({ id, ticket, expires, applied: verdict.waiver?.id === id })),
    evidence: report.evidence.filter((record) => record.cell === planned.id || shared.has(attemptId(record))),
    keptMachines: [...state.kept].filter((name) => name.includes(planned.id)),
  }
}

function findCell(report: Report, query: string): Report['cells'][number] {
  const exact = report.cells.find(({ planned }) => planned.id === query)
  if (exact !== undefined) return exact
  const found = query === '' ? [] : report.cells.filter(({ planned }) => planned.id.startsWith(query))
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  const ids = report.cells.map(({ planned }) => planned.id)
  const near = nearestWord(query, ids)
  throw new AppError(
    'CELL_UNKNOWN',
    'user',
    found.length > 1 ? `${query} fits ${found.length} cells` : `the run has no cell ${query}`,
    {
      hint:
        near === undefined
          ? `name one of ${(found.length > 1 ? found.map(({ planned }) => planned.id) : ids).slice(0, 10).join(', ')}`
          : `did you mean ${near}?`,
    },
  )
}

/** These attempts with all that they saw, by id. */
async function readAttempts(
  runFolder: string,
  ids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, AttemptState>> {
  const state = emptyRunState()
  for await (const event of runEvents(runFolder))
    if ('attempt' in event && ids.has(attemptId(event))) foldEvent(state, event)
  return state.attemptsById
}

function detailsOf(attempt: AttemptState | undefined): Pick<ExplainedAttempt, 'boots' | 'faults'> {
  const boots = (attempt?.observations ?? []).flatMap(({ fact }) =>
    fact.kind === 'boot'
      ? [
          {
            ordinal: fact.ordinal,
            cause: fact.cause,
            milestone: fact.milestone,
            ended: fact.ended,
            ...(fact.readyMs === undefined ? {} : { readyMs: fact.readyMs }),
          },
        ]
      : [],
  )
  const faults = (attempt?.faults ?? []).map(({ phase, code, message }) => ({ phase, code, message }))
  return { boots, faults }
}
