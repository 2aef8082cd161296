/** Judges a run folder and writes its reports: the same for a run that just ended and for one of last year. */
import { resolve } from 'node:path'
import { runFolderPaths } from '../record/run-folder.ts'
import { systemClock } from '../kit/clock.ts'
import { writeFileAtomic } from '../kit/files.ts'
import type { AppError } from '../model/errors.ts'
import type { Policy } from '../model/policy.ts'
import type { Gate, Report } from '../model/report.ts'
import type { StageResult } from '../model/stage-result.ts'
import { againstEarlier } from '../report/against-earlier.ts'
import type { Reporter } from '../sdk/reporter.ts'
import type { JournalJudge } from './judge-journal.ts'
import { gateLedger, keepPolicy } from './gate-ledger.ts'
import { judgeRun, type JudgedRun } from './judge-run.ts'
import { loadPolicy } from '../inputs/load-policy.ts'
import { workingContext } from './working-context.ts'
import { writeReports } from './write-reports.ts'

export interface ConcludeRequest {
  readonly runFolder: string
  readonly policy: string | undefined
  readonly reporters: readonly Reporter[]
  /** Was told of every event of the run; absent: the journal is read. */
  readonly judge?: JournalJudge
  /** Folder of an earlier run: which failures are new, known or gone. */
  readonly against?: string
  readonly signal: AbortSignal
  /** GITHUB_STEP_SUMMARY. */
  readonly stepSummary: string | undefined
}

export interface ConcludedRun {
  readonly report: Report
  readonly gate: Gate
  /** Absolute paths of what was written. */
  readonly files: readonly string[]
  /** Reporters that broke, as one error; the command ends with it after everything else was said. */
  readonly broken: AppError | undefined
}

/** @throws AppError RUN_UNREADABLE, INPUT_INVALID (user), JOURNAL_DAMAGED */
export async function concludeRun(request: ConcludeRequest): Promise<ConcludedRun> {
  const runFolder = resolve(request.runFolder)
  const policy = await loadPolicy(request.policy)
  const { signal } = request
  const { judge } = request
  const now = systemClock.now()
  const judged = await judgeRun(runFolder, policy, now, { signal, ...(judge === undefined ? {} : { judge }) })
  const { gate } = judged
  const report = await withEarlier(request, runFolder, policy, judged)
  // First of all, and whatever reporters are asked for: the decision that every report shows.
  const gatePath = runFolderPaths(runFolder).gate
  await writeFileAtomic(gatePath, `${JSON.stringify(gate, undefined, 2)}\n`)
  await keepPolicy(runFolder, policy)
  const stagesPath = await tellStages(runFolder, report)
  const written = await writeReports(
    {
      runFolder,
      report,
      gate,
      reporters: request.reporters,
      ...(request.stepSummary === undefined ? {} : { stepSummary: request.stepSummary }),
    },
    workingContext(signal),
  )
  return { report, gate, files: [gatePath, ...stagesPath, ...written.files], broken: written.broken }
}

async function withEarlier(
  { against, policy: policyFile, signal }: ConcludeRequest,
  runFolder: string,
  policy: Policy,
  judged: JudgedRun,
): Promise<Report> {
  if (against === undefined) return judged.report
  const folder = resolve(against)
  const earlier = await judgeRun(folder, policy, systemClock.now(), { signal })
  const ledger = await gateLedger(
    { runFolder, judged, policy, policyFile },
    { runFolder: folder, judged: earlier },
    signal,
  )
  return againstEarlier(judged.report, earlier.report, ledger)
}

/** Of a shard: how its stages ended, for those that wait for them. @returns the path of what was written */
async function tellStages(runFolder: string, { run, stages }: Report): Promise<string[]> {
  if (run.shard === undefined || run.state !== 'complete') return []
  const result: StageResult = {
    schema: 'ringzero/stages/1',
    plan: run.plan,
    stages: stages.map(({ id, state, cells }) => ({ id, state, cells })),
  }
  const path = runFolderPaths(runFolder).stages
  await writeFileAtomic(path, `${JSON.stringify(result, undefined, 2)}\n`)
  return [path]
}
