/** Folders → what their runs say together. A run is read from its report, or judged anew where that is missing, older than the journal or of another version. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { failureRateBounds } from '../judge/statistics/failure-rate.ts'
import { systemClock } from '../kit/clock.ts'
import { AppError, asAppError } from '../model/errors.ts'
import type { History } from '../model/history.ts'
import { PlannedCellSchema } from '../model/plan.ts'
import { DEFAULT_POLICY } from '../model/policy.ts'
import type { Shard } from '../model/shard.ts'
import { shardText } from '../model/shard-text.ts'
import { GateSchema, ReportSchema, type Gate } from '../model/report.ts'
import { SymptomSchema } from '../model/symptom.ts'
import { AttemptSummarySchema, VerdictSchema } from '../model/verdict.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import { buildHistory, digestRun, type RunDigest } from '../report/history.ts'
import { judgeRun } from './judge-run.ts'

/** What of report.json is looked at: the rest is skipped, which halves the time. */
const DigestedReportSchema = z.object({
  ...ReportSchema.pick({ schema: true, run: true, candidate: true, counts: true }).shape,
  matrix: z.object({ title: z.string() }),
  coverage: ReportSchema.shape.coverage.pick({ judged: true, strength: true, fleetShare: true }),
  controls: z.array(AttemptSummarySchema.pick({ end: true, invalid: true, symptoms: true })),
  cells: z.array(
    z.object({
      planned: PlannedCellSchema.pick({ configuration: true }),
      verdict: z.object({
        ...VerdictSchema.pick({ outcome: true, failing: true, valid: true }).shape,
        symptoms: z.array(
          SymptomSchema.pick({ class: true, severity: true, summary: true, signature: true }),
        ),
        attempts: z.array(AttemptSummarySchema.pick({ symptoms: true, endedAt: true })),
      }),
    }),
  ),
})

/**
 * Each folder is a run, or holds runs. A run that cannot be read is told with the reason and stops no other.
 * @throws AppError RUN_UNREADABLE (user) when a folder holds no run, or no run at all could be read
 */
export async function readHistory(folders: readonly string[], signal: AbortSignal): Promise<History> {
  const digests: RunDigest[] = []
  const unread: History['unread'][number][] = []
  const runs = new Set((await Promise.all(folders.map(runsIn))).flat())
  // One after the other: a report is large, its digest small.
  for (const folder of runs) {
    signal.throwIfAborted()
    try {
      digests.push(await digestOf(folder))
    } catch (error) {
      unread.push({ folder, reason: asAppError(error).message })
    }
  }
  const [first] = unread
  if (digests.length === 0 && first !== undefined)
    throw new AppError('RUN_UNREADABLE', 'user', `no run could be read: ${first.folder}: ${first.reason}`, {
      where: { file: first.folder },
      hint: 'give folders of runs, or a folder that holds them',
    })
  // A copy of a run is no second run.
  const once = new Map(digests.map((digest) => [digest.run.run, digest]))
  return buildHistory({ digests: [...once.values()], unread, bounds: failureRateBounds })
}

/** Absolute paths. @throws AppError RUN_UNREADABLE (user) */
async function runsIn(folder: string): Promise<readonly string[]> {
  const root = resolve(folder)
  if (await isRun(root)) return [root]
  const entries = await readdir(root, { withFileTypes: true }).catch(() => [])
  const inside = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(root, name))
  const found = await Promise.all(inside.map(async (path) => ((await isRun(path)) ? [path] : [])))
  if (found.flat().length > 0) return found.flat().sort()
  throw new AppError('RUN_UNREADABLE', 'user', `${root} is no run and holds none`, {
    where: { file: root },
    hint: 'give folders of runs, or a folder that holds them, as `runs`',
  })
}

async function isRun(folder: string): Promise<boolean> {
  return (await modified(runFolderPaths(folder).journal)) !== undefined
}

async function digestOf(folder: string): Promise<RunDigest> {
  const paths = runFolderPaths(folder)
  const [journal, report] = await Promise.all([modified(paths.journal), modified(paths.reportDocument)])
  if (report !== undefined && (journal === undefined || report >= journal)) {
    const parsed = DigestedReportSchema.safeParse(parseJson(await readFile(paths.reportDocument, 'utf8')))
    if (parsed.success) refuseShard(parsed.data.run.shard)
    if (parsed.success) return digestRun(parsed.data, await decisionOf(paths.gate), folder)
  }
  const judged = await judgeRun(folder, DEFAULT_POLICY, systemClock.now())
  refuseShard(judged.report.run.shard)
  return digestRun(judged.report, judged.gate.decision, folder)
}

/** A shard is a part of a run: beside its merged run it would count twice, and alone it says nothing of the whole. */
function refuseShard(shard: Shard | undefined): void {
  if (shard !== undefined)
    throw new AppError('RUN_IS_SHARD', 'user', `it is shard ${shardText(shard)} of a plan`, {
      hint: 'merge the shards, and give the merged run',
    })
}

async function decisionOf(path: string): Promise<Gate['decision'] | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  const parsed = GateSchema.pick({ decision: true }).safeParse(
    text === undefined ? undefined : parseJson(text),
  )
  return parsed.success ? parsed.data.decision : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Milliseconds since 1970; undefined where there is no such file. */
async function modified(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs
}
