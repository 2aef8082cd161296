/** `ringzero run` and `resume`: plan, run, judge while running, report, decide. */
import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemClock } from '../kit/clock.ts'
import { boundHeapGrowth } from '../kit/heap-growth.ts'
import { hashJson } from '../kit/hash.ts'
import { timeStampedName } from '../kit/time-stamped-name.ts'
import { AppError } from '../model/errors.ts'
import type { RunEvent } from '../model/event.ts'
import { shardText } from '../model/shard-text.ts'
import { stageEnd } from '../model/stage-end.ts'
import type { Plan } from '../model/plan.ts'
import type { Policy } from '../model/policy.ts'
import type { RunState } from '../model/run-state.ts'
import type { RunHooks } from '../run/session/run-loop.ts'
import type { Logger } from '../sdk/context.ts'
import type { Reporter } from '../sdk/reporter.ts'
import { withoutValues } from '../plan/withheld-values.ts'
import { furtherRepeats } from './settle-open-cells.ts'
import { nextSuspectCell } from './isolate-suspects.ts'
import { JournalJudge } from './judge-journal.ts'
import { endingLicences } from './lab-findings.ts'
import { keepDrills } from './drill-receipts.ts'
import { loadSigner, type SignerChoice } from '../inputs/load-signer.ts'
import { preRegister, signJournal } from './pre-register.ts'
import { loadPolicy } from '../inputs/load-policy.ts'
import { openPlanInputs, type PlanFiles, type PlanInputs } from './plan-files.ts'
import { planMatrix } from './plan-matrix.ts'
import { refuseUnsignedPartners, registerForPartners, registerRun } from './register-run.ts'
import { refuseChanges, refuseResume } from './refuse-changes.ts'
import { resumeRun } from './resume-run.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import { readRunPlan } from '../record/run-plan.ts'
import { readRunShard, removeRunShard } from '../record/run-shard.ts'
import { readRunState } from '../record/read-run-state.ts'
import { readRunInputs, writeRunInputs } from '../record/run-inputs.ts'
import { runPartsOfLab } from './run-parts-of-lab.ts'
import { refuseBegunRun, runPlan } from './run-plan.ts'
import type { RunOutcome } from '../run/session/run-session.ts'
import { borrowHosts, type WorkersChoice } from './borrow-hosts.ts'
import { workingContext } from './working-context.ts'

/** How a run is watched and ended; the same for a new one and a resumed one. */
export interface RunControls {
  readonly signal: AbortSignal
  readonly log: Logger
  /** Called once the plan is known, before anything boots; gives the live view. */
  readonly watch: (
    plan: Plan,
    runFolder: string,
  ) => { onEvent(event: RunEvent): void; close(): Promise<void> }
  readonly keepGoing: boolean
  readonly keepFailed: boolean
  /** Who works, as CI names its runner; absent: the computer’s name. */
  readonly runner?: string
  /** Who signs the plan before the first machine starts, and the journal at its end; absent: the run is not signed. */
  readonly signer?: SignerChoice
  /** partners.yaml: what the run will show each partner is signed for him before the first machine starts. */
  readonly partners?: string
  /** Gate policy that stages are judged by; the default one without a file. */
  readonly policy: string | undefined
  /** Machines are made by workers; absent: by this process, on the hosts of its lab. */
  readonly workers?: WorkersChoice
}

export interface RunFiles extends Omit<PlanFiles, 'lab' | 'candidate'> {
  readonly lab: string
  readonly candidate: string
  /** Folder of the run; default `runs/<id>` below the current one. */
  readonly runFolder?: string
}

export interface CandidateOutcome extends RunOutcome {
  /** The built-in ones and those of the lab's plugins: they write the reports of this run. */
  readonly reporters: readonly Reporter[]
  /** Was told of every event of the run. */
  readonly judge: JournalJudge
}

/** Runs a candidate on the matrix. @throws AppError; nothing was started when its fault is user */
export async function runCandidate(files: RunFiles, controls: RunControls): Promise<CandidateOutcome> {
  const policy = await loadPolicy(controls.policy)
  const room = await openPlanInputs(files, workingContext(controls.signal, controls.log))
  return await runOpened(room, files.runFolder, policy, controls)
}

/** The same with inputs that were opened before. `folder` of the run: default `runs/<id>` below the current one. */
export async function runOpened(
  room: PlanInputs,
  folder: string | undefined,
  policy: Policy,
  controls: RunControls,
): Promise<CandidateOutcome> {
  const plan = await planMatrix(room.request, controls.signal)
  const run = timeStampedName(systemClock.now())
  const runFolder = resolve(folder ?? join('runs', run))
  const { opened, candidate } = present(room)
  const { folder: from, sha256, ...definition } = candidate
  await refuseBegunRun(runFolder)
  await removeRunShard(runFolder)
  await writeRunInputs(runFolder, {
    matrix: room.request.loaded.matrix,
    candidate: definition,
    candidateSha256: sha256,
    files: { matrix: room.request.loaded.file, lab: opened.lab.file, candidate: from },
  })
  return await workOnRun(
    room,
    plan,
    runFolder,
    policy,
    controls,
    (session) => runPlan({ ...session, plan, run }),
    run,
  )
}

/**
 * Runs a candidate, or goes on with the run in `files.runFolder` where one was begun: what a pipeline calls whose job may be cut off. The
 * files are found where they are now, since another runner may have them in another place.
 * @throws AppError INPUT_CHANGED (user) when they are not those that the run began with
 */
export async function runOrResume(files: RunFiles, controls: RunControls): Promise<CandidateOutcome> {
  const { runFolder } = files
  if (runFolder === undefined || !(await isBegun(runFolder))) return await runCandidate(files, controls)
  return await resumeCandidate(runFolder, controls, files)
}

/** True when the folder holds a plan and a journal: a run that was cut off before is begun anew. */
export async function isBegun(runFolder: string): Promise<boolean> {
  const { plan, journal } = runFolderPaths(runFolder)
  return await Promise.all([access(plan), access(journal)]).then(
    () => true,
    () => false,
  )
}

/** Goes on with a run. @throws AppError INPUT_CHANGED (user) when an input changed since the run began */
export async function resumeCandidate(
  folder: string,
  controls: RunControls,
  given?: Pick<RunFiles, 'matrix' | 'lab' | 'candidate'>,
): Promise<CandidateOutcome> {
  const runFolder = resolve(folder)
  const [inputs, plan, mine, policy] = await Promise.all([
    readRunInputs(runFolder),
    readRunPlan(runFolder),
    readRunShard(runFolder),
    loadPolicy(controls.policy),
  ])
  const state = await readRunState(runFolder, { details: false })
  refuseResume(runFolder, state, mine, policy)
  const { files } = inputs
  const matrix = given?.matrix ?? files.matrix
  const lab = given?.lab ?? files.lab
  const update = given?.candidate ?? files.candidate
  const sameAgain = { seed: plan.seed, effort: 0, isolate: plan.settings.isolate }
  const room = await openPlanInputs(
    { matrix, lab, candidate: update, ...sameAgain },
    workingContext(controls.signal, controls.log),
  )
  const { opened, candidate } = present(room)
  if (given !== undefined && hashJson(room.request.loaded.matrix) !== hashJson(inputs.matrix))
    throw new AppError('INPUT_CHANGED', 'user', 'the matrix changed since this run began', {
      where: { file: room.request.loaded.file },
      hint: 'put the old file back to resume, or choose another folder for a new run',
    })
  await refuseChanges({ plan, state, runFolder }, opened, candidate)
  return await workOnRun(room, plan, runFolder, policy, controls, (session) =>
    resumeRun({ ...session, ...(mine === undefined ? {} : { shard: mine.shard }) }),
  )
}

type Session = Parameters<typeof resumeRun>[0]

/** Opens what a run needs, works on it by `start`, and lets go of it. `begins`: id of a new run; absent where one goes on. */
export async function workOnRun(
  room: PlanInputs,
  plan: Plan,
  runFolder: string,
  policy: Policy,
  controls: RunControls,
  start: (session: Session) => Promise<RunOutcome>,
  begins?: string,
): Promise<CandidateOutcome> {
  boundHeapGrowth(plan.cells.length)
  const { opened, candidate } = present(room)
  for (const message of await endingLicences(opened, systemClock.now())) controls.log.log('warn', message)
  await keepDrills(opened.lab.storeFolder, runFolder)
  const signer = await loadSigner(controls.signer ?? {}, process.env, controls.signal)
  refuseUnsignedPartners(controls.partners, signer)
  if (begins !== undefined) {
    const { storeFolder } = opened.lab
    const shard = (await readRunShard(runFolder))?.shard
    const part = shard === undefined ? undefined : shardText(shard)
    const earlier = await registerRun(
      { storeFolder, runFolder, run: begins, plan, candidateSha256: candidate.sha256, part },
      workingContext(controls.signal, controls.log),
    )
    if (signer !== undefined) {
      await preRegister(runFolder, plan, policy, signer, earlier)
      const basis = { runFolder, run: begins, plan, policy, earlier }
      if (controls.partners !== undefined) await registerForPartners(controls.partners, basis, signer)
    }
  }
  const { parts, release } = runPartsOfLab(opened, candidate, controls.log)
  const view = controls.watch(plan, runFolder)
  const judge = new JournalJudge(plan, runFolder, policy)
  const lent =
    controls.workers === undefined ? undefined : await borrowHosts(room, plan, controls.workers, controls.log)
  try {
    const outcome = await start({
      runFolder,
      parts,
      hooks: hooksOf(room, plan, policy, judge),
      follower: judge,
      listeners: [(event) => view.onEvent(event), ...listenersOf(room)],
      signal: controls.signal,
      keepGoing: controls.keepGoing,
      keepFailed: controls.keepFailed,
      ...(controls.runner === undefined ? {} : { runner: controls.runner }),
      ...(lent === undefined ? {} : { remote: lent.remote }),
    })
    if (signer !== undefined) await signJournal(runFolder, plan, signer)
    return { ...outcome, judge, reporters: opened.plugins.reporters }
  } finally {
    await lent?.close()
    await view.close()
    await release()
  }
}

function hooksOf(room: PlanInputs, plan: Plan, policy: Policy, judge: JournalJudge): RunHooks {
  const matrix = withoutValues(room.request.loaded.matrix, plan.withheld ?? [])
  const cellsOf = (stage: string, { addedCells }: RunState): readonly string[] =>
    plan.stages.find(({ id }) => id === stage)?.cells ??
    addedCells.flatMap((cell) => (cell.stage === stage ? [cell.id] : []))
  return {
    async judgeStage(stage) {
      const settled = await judge.settled()
      const { cells } = settled.judge(policy, systemClock.now(), cellsOf(stage, settled.state))
      return stageEnd(cells.map(({ verdict }) => verdict))
    },
    async settle(stage) {
      const settled = await judge.settled()
      const { cells } = settled.judge(policy, systemClock.now(), cellsOf(stage, settled.state))
      return furtherRepeats(cells, plan, settled.state)
    },
    async isolate(stage) {
      const settled = await judge.settled()
      return await nextSuspectCell({
        matrix,
        request: room.request,
        cells: settled.judge(policy, systemClock.now()).cells,
        added: settled.state.addedCells.length,
        limit: plan.settings.isolate,
        seed: plan.seed,
        stage,
      })
    },
  }
}

function listenersOf(room: PlanInputs): ((event: RunEvent) => void)[] {
  return (room.opened?.plugins.reporters ?? []).flatMap((reporter) =>
    reporter.onEvent === undefined
      ? []
      : [(event: RunEvent) => reporter.onEvent?.(Object.freeze(structuredClone(event)))],
  )
}

/** Lab and candidate of opened inputs. @throws AppError BUG_NO_LAB (tool) */
export function present(room: PlanInputs): Required<Pick<PlanInputs, 'opened' | 'candidate'>> {
  const { opened, candidate } = room
  if (opened === undefined || candidate === undefined)
    throw new AppError('BUG_NO_LAB', 'tool', 'a run needs a lab and a candidate')
  return { opened, candidate }
}
