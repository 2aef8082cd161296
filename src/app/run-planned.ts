/** `ringzero run --plan`: runs a plan that was made before, whole or one shard of it, on exactly the inputs that it was made for. */
import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { loadPlan } from '../inputs/load-plan.ts'
import { loadPolicy } from '../inputs/load-policy.ts'
import { systemClock } from '../kit/clock.ts'
import { hashJson } from '../kit/hash.ts'
import { nearestWord } from '../kit/nearest-word.ts'
import { timeStampedName } from '../kit/time-stamped-name.ts'
import { AppError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import { planOfCells, type Shard } from '../model/shard.ts'
import { shardText } from '../model/shard-text.ts'
import { shardCells } from '../plan/shards.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import { readWholePlan } from '../record/run-plan.ts'
import { readRunInputs, writeRunInputs } from '../record/run-inputs.ts'
import { readRunShard, removeRunShard, writeRunShard } from '../record/run-shard.ts'
import { awaitStages } from './await-stages.ts'
import { openPlanInputs } from './plan-files.ts'
import { refuseOtherInputs } from './refuse-other-inputs.ts'
import {
  isBegun,
  present,
  resumeCandidate,
  workOnRun,
  type CandidateOutcome,
  type RunControls,
} from './run-candidate.ts'
import { refuseBegunRun, runPlan } from './run-plan.ts'
import type { RunOutcome } from '../run/session/run-session.ts'
import { stopBeforeStart } from './stop-before-start.ts'
import { toolVersion } from './tool-version.ts'
import { workingContext } from './working-context.ts'

export interface PlannedRunFiles {
  readonly plan: string
  /** Where the inputs are here; absent: where the plan says, from the current folder. */
  readonly matrix: string | undefined
  readonly lab: string | undefined
  readonly candidate: string | undefined
  readonly runFolder: string | undefined
  /** Absent: all of the chosen stages. */
  readonly shard: { readonly index: number; readonly count: number } | undefined
  /** Empty: all. */
  readonly stages: readonly string[]
  /** Ids of cells to run alone, or their first characters; empty: all. */
  readonly only: readonly string[]
  /** Files or addresses that say how the stages before these ended. */
  readonly after: readonly string[]
  readonly afterMinutes: number
}

/** @throws AppError; nothing was started when its fault is user */
export async function runPlanned(files: PlannedRunFiles, controls: RunControls): Promise<CandidateOutcome> {
  const [whole, policy] = await Promise.all([planOf(files.plan), loadPolicy(controls.policy)])
  const { sources, ...plan } = whole
  const shard = shardOf(plan, files)
  const cells = shard === undefined ? plan.cells.map(({ id }) => id) : shardCells(plan, shard)
  const mine = shard === undefined ? plan : planOfCells(plan, shard, cells)
  const room = await openPlanInputs(
    { ...inputsOf(files, sources), seed: plan.seed, effort: 0, isolate: plan.settings.isolate },
    workingContext(controls.signal, controls.log),
  )
  await refuseOtherInputs(plan, mine.cells, room, { plannedBy: sources?.toolVersion, here: toolVersion() })
  const run = timeStampedName(systemClock.now())
  const runFolder = resolve(files.runFolder ?? join('runs', run))
  await refuseBegunRun(runFolder)
  const stopped = await awaitStages(
    {
      plan,
      chosen: mine.stages.map(({ id }) => id),
      sources: files.after,
      keepGoing: controls.keepGoing,
      timeoutMs: files.afterMinutes * 60_000,
    },
    workingContext(controls.signal, controls.log),
  )
  await refuseBegunRun(runFolder)
  const { opened, candidate } = present(room)
  const { folder, sha256, ...definition } = candidate
  await removeRunShard(runFolder)
  await writeRunInputs(runFolder, {
    matrix: room.request.loaded.matrix,
    candidate: definition,
    candidateSha256: sha256,
    files: { matrix: room.request.loaded.file, lab: opened.lab.file, candidate: folder },
  })
  if (shard !== undefined)
    await writeRunShard(runFolder, {
      shard,
      plan: plan.id,
      cells,
      policy: { id: policy.id, sha256: hashJson(policy) },
      ...(stopped === undefined ? {} : { stopped }),
    })
  const start = (session: Parameters<Parameters<typeof workOnRun>[5]>[0]): Promise<RunOutcome> => {
    const request = {
      ...session,
      plan: mine,
      wholePlan: plan,
      run,
      ...(shard === undefined ? {} : { shard }),
    }
    return stopped === undefined ? runPlan(request) : stopBeforeStart(request, stopped)
  }
  return await workOnRun(room, mine, runFolder, policy, controls, start, run)
}

/**
 * Runs a plan, or goes on with the run in `files.runFolder` where one was begun: what a pipeline calls whose job may be cut off. The
 * plan in the folder counts, so it must be the same one, and the same part of it.
 * @throws AppError RUN_EXISTS (user) when the folder holds something else
 */
export async function runPlannedOrResume(
  files: PlannedRunFiles,
  controls: RunControls,
): Promise<CandidateOutcome> {
  const { runFolder } = files
  if (runFolder === undefined || !(await isBegun(runFolder))) return await runPlanned(files, controls)
  const [{ sources, ...plan }, begun, part] = await Promise.all([
    planOf(files.plan),
    readWholePlan(runFolder),
    readRunShard(runFolder),
  ])
  const shard = shardOf(plan, files)
  const isSamePart =
    shard === undefined ? part === undefined : part !== undefined && hashJson(part.shard) === hashJson(shard)
  if (begun.id !== plan.id || !isSamePart)
    throw new AppError(
      'RUN_EXISTS',
      'user',
      `the folder ${JSON.stringify(runFolder)} holds a run of ${begun.id === plan.id ? 'another part of this plan' : 'another plan'}`,
      { hint: 'choose another --run-dir, or remove the folder' },
    )
  return await resumeCandidate(runFolder, controls, inputsOf(files, sources))
}

/** Where the inputs are: as given, or as the plan says. @throws AppError USAGE (user) where neither says it */
function inputsOf(
  files: PlannedRunFiles,
  sources: Plan['sources'],
): { readonly matrix: string; readonly lab: string; readonly candidate: string } {
  return {
    matrix: place('matrix file', 'MATRIX', files.matrix ?? sources?.matrix),
    lab: place('lab file', '--lab', files.lab ?? sources?.lab),
    candidate: place('candidate', '--candidate', files.candidate ?? sources?.candidate),
  }
}

/** The plan in this file, or of the run in this folder, whose inputs are where they were. */
async function planOf(path: string): Promise<Plan> {
  const { plan, inputs } = runFolderPaths(path)
  if (!(await exists(inputs))) return await loadPlan(path)
  const { files } = await readRunInputs(path)
  return { ...(await loadPlan(plan)), sources: { toolVersion: toolVersion(), ...files } }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

/** @throws AppError CELL_UNKNOWN (user) */
function chosenCells(plan: Plan, only: readonly string[]): string[] {
  const chosen = only.map((start) => {
    const found = plan.cells.filter(({ id }) => id.startsWith(start))
    const [cell] = found
    if (cell !== undefined && found.length === 1) return cell.id
    const what = found.length === 0 ? 'the plan has no cell' : `${found.length} cells of the plan begin with`
    throw new AppError('CELL_UNKNOWN', 'user', `${what} ${JSON.stringify(start.slice(0, 100))}`, {
      hint: 'give the id of a cell, as the page and `ringzero explain` show it',
    })
  })
  return [...new Set(chosen)]
}

/** @throws AppError USAGE, CELL_UNKNOWN, PLAN_ISOLATES (user) */
function shardOf(plan: Plan, { shard, stages, only }: PlannedRunFiles): Shard | undefined {
  if (only.length > 0) return { index: 1, count: 1, cells: chosenCells(plan, only) }
  const known = plan.stages.map(({ id }) => id)
  const unknown = stages.find((stage) => !known.includes(stage))
  if (unknown !== undefined) {
    const near = nearestWord(unknown, known)
    throw new AppError('USAGE', 'user', `the plan has no stage "${unknown}"`, {
      hint: near === undefined ? `use one of: ${known.join(', ')}` : `did you mean "${near}"?`,
    })
  }
  if (shard === undefined && stages.length === 0) return undefined
  const chosen = known.filter((stage) => stages.includes(stage))
  const made: Shard = {
    ...(shard ?? { index: 1, count: 1 }),
    ...(chosen.length === 0 ? {} : { stages: chosen }),
  }
  if (plan.settings.isolate > 0)
    throw new AppError(
      'PLAN_ISOLATES',
      'user',
      `shard ${shardText(made)} cannot choose the ${plan.settings.isolate} additional cells that this plan allows: it does not see what the others found`,
      { hint: 'make the plan by `ringzero plan --out`, which allows none' },
    )
  return made
}

function place(what: string, how: string, path: string | undefined): string {
  if (path !== undefined) return path
  throw new AppError('USAGE', 'user', `the plan does not say where its ${what} is`, {
    hint: `give it: ${how}; or plan again with it`,
  })
}
