/** One process at work on one run: takes the lock, tidies up after the process before it, looks at the hosts, and runs what is left. */
import { hostname } from 'node:os'
import { attemptId } from '../../model/attempt-id.ts'
import type { RunEvent } from '../../model/event.ts'
import type { Plan } from '../../model/plan.ts'
import type { Shard } from '../../model/shard.ts'
import { emptyRunState, foldEvent, type RunState } from '../../model/run-state.ts'
import { ControlStore } from './control-store.ts'
import { openJournal, type Journal } from '../../record/journal.ts'
import { runLoop, type RunHooks, type RunLoopResult } from './run-loop.ts'
import { runEvents } from '../../record/run-events.ts'
import { runFolderPaths } from '../../record/run-folder.ts'
import { lockRun } from '../../record/run-lock.ts'
import type { RunParts } from '../run-parts.ts'
import { Scheduler } from '../schedule/scheduler.ts'
import type { Assignment } from '../schedule/scheduler-step.ts'
import { standingFaults } from './standing-faults.ts'
import { SecretMasker } from '../../record/secret-masker.ts'
import { attemptRunner } from './run-attempt.ts'
import { closeInterrupted, destroyLeftovers } from './run-leftovers.ts'
import { inspectHosts } from './run-hosts.ts'
import { runOpened } from './run-opened.ts'
import type { RemoteLab } from './remote-lab.ts'

export interface RunSessionOptions {
  readonly plan: Plan
  readonly run: string
  /** The plan is this shard of a larger one. */
  readonly shard?: Shard
  /** Who works, as CI names its runner; absent: the computer's name. */
  readonly runner?: string
  /** Absolute. */
  readonly runFolder: string
  readonly parts: RunParts
  /** The machines are made by other processes; absent: by this one, on the hosts of `parts`. */
  readonly remote?: RemoteLab
  readonly hooks: RunHooks
  /** Follows the journal from its first event on, those of earlier sessions included; absent: only the state is followed. */
  readonly follower?: RunFollower
  /** Reporters and views; each gets every event of this session in journal order, after it is on the disk. */
  readonly listeners?: readonly ((event: RunEvent) => void)[]
  /** The person's Ctrl-C: nothing new starts, machines are destroyed, the run can be resumed. */
  readonly signal: AbortSignal
  /** Start the next stage although one is red. */
  readonly keepGoing?: boolean
  /** Leave the machine of an attempt with a symptom running, for a person to look at. */
  readonly keepFailed?: boolean
}

/** Knows the state of a run after each event that it was told of. */
export interface RunFollower {
  note(event: RunEvent): void
  readonly state: RunState
}

export interface RunOutcome extends RunLoopResult {
  readonly run: string
  readonly runFolder: string
  readonly simulated: boolean
  /** A listener broke: the run ends with exit 4. */
  readonly listenerFaults: readonly string[]
  /** Faults of plugins and of this program in what the verdicts rest on, those of earlier sessions included. */
  readonly standingFaults: number
}

/** @throws AppError RUN_LOCKED (user), JOURNAL_* (host), HOST_NONE (host) when no host of the lab can be used */
export async function runSession(options: RunSessionOptions): Promise<RunOutcome> {
  const unlock = await lockRun(options.runFolder, options.run, options.parts.storeFolder)
  try {
    return await work(options)
  } finally {
    await unlock()
  }
}

async function work(options: RunSessionOptions): Promise<RunOutcome> {
  const { plan, run, runFolder, parts, remote } = options
  const path = runFolderPaths(runFolder).journal
  const masker = maskerOf(parts)
  const listenerFaults: string[] = []
  const simulated = remote?.simulated ?? parts.hosts.some(({ provider }) => provider.capabilities.simulated)
  const follower = options.follower ?? followState()
  let isDone = false
  const journal = await openJournal(path, {
    mask: (event) => masker.json(event),
    listeners: options.listeners ?? [],
    onListenerFault: (error) => listenerFaults.push(masker.text(String(error))),
    sync: !simulated,
  })
  try {
    for await (const event of runEvents(runFolder)) follower.note(event)
    journal.subscribe((event) => follower.note(event))
    await openSession(options, journal, follower.state, simulated)
    const adopted = (await remote?.open({ run, runFolder, journal, masker, state: follower.state })) ?? []
    await closeInterrupted(follower.state, journal, parts, new Set(adopted.map(idOf)))
    // Of machines that others made, those who made them take care.
    if (remote === undefined) await destroyLeftovers(follower.state, journal, parts, run)
    const hosts = remote === undefined ? await inspectHosts(plan, parts, journal, options.signal) : []
    const controls = controlStore(options, simulated, follower.state)
    const scheduler = new Scheduler({
      plan,
      state: follower.state,
      hosts,
      stored: await controls.list(new Set(plan.cells.map((cell) => cell.controlKey))),
      keepGoing: options.keepGoing ?? false,
      hostsComeLater: remote !== undefined,
    })
    journal.subscribe((event) => scheduler.note(event))
    const saved = saveControls(controls, journal, parts)
    const result = await runLoop({
      plan,
      journal,
      scheduler,
      controls,
      hooks: options.hooks,
      attempt:
        remote === undefined
          ? attemptRunner(options, journal, masker)
          : (assignment, signal) => remote.attempt(assignment, signal),
      adopted,
      onWaking: (wake, fail) => remote?.serve(scheduler, wake, fail),
      added: follower.state.addedCells,
      now: () => parts.clock.now(),
      warn: (message) => parts.log.log('warn', message),
      signal: options.signal,
    })
    await saved.settled()
    await closeSession(result, journal, parts)
    isDone = result.ended === 'complete'
    const standing = standingFaults(follower.state)
    return { ...result, run, runFolder, simulated, listenerFaults, standingFaults: standing }
  } finally {
    await remote
      ?.close(isDone)
      .catch((error: unknown) =>
        parts.log.log('warn', 'the database was not told that this session ended', { reason: String(error) }),
      )
    await journal.close()
  }
}

function idOf({ cell, arm, attempt }: Assignment): string {
  return attemptId({ cell: cell.id, arm, attempt })
}

/** Knows the lab's secrets before anything is written. A secret that cannot be had is no fault as long as it is not needed. */
function maskerOf(parts: RunParts): SecretMasker {
  const masker = new SecretMasker()
  const { values, missing } = parts.readableSecrets?.() ?? { values: [], missing: [] }
  for (const value of values) masker.add(value)
  if (missing.length > 0)
    parts.log.log('info', `secrets that cannot be read are not masked: ${missing.join(', ')}`)
  return masker
}

async function openSession(
  options: RunSessionOptions,
  journal: Journal,
  before: RunState,
  simulated: boolean,
): Promise<void> {
  const { parts, runner } = options
  const at = parts.clock.now()
  if (before.run === '') await journal.append(runOpened(options, at, simulated))
  await journal.append({
    type: 'session-opened',
    at,
    session: before.sessions + 1,
    pid: process.pid,
    host: runner ?? hostname(),
  })
}

async function closeSession(result: RunLoopResult, journal: Journal, parts: RunParts): Promise<void> {
  const at = parts.clock.now()
  if (result.ended === 'complete') await journal.append({ type: 'run-closed', at })
  else await journal.append({ type: 'run-interrupted', at, because: 'interrupted by a person' })
}

function controlStore(
  { plan, run, runFolder, parts, remote }: RunSessionOptions,
  simulated: boolean,
  before: RunState,
): ControlStore {
  const keys = new Map(plan.cells.map((cell) => [cell.id, cell.controlKey]))
  const images = new Map(plan.cells.map((cell) => [cell.controlKey, cell.image]))
  return new ControlStore({
    run,
    runFolder,
    storeFolder: parts.storeFolder,
    repeats: plan.settings.repeats,
    keyOf: (cell) => keys.get(cell),
    imageOf: async (key) => {
      const image = images.get(key)
      return image === undefined ? undefined : await parts.imageContent(image)
    },
    ...(parts.checkpoints === undefined
      ? {}
      : { checkpoints: async () => (await parts.checkpoints?.()) ?? new Set() }),
    optional: new Set(plan.settings.checkNeeds?.filter(({ needed }) => !needed).map(({ id }) => id)),
    // Hosts of others start from images of their own: their controls stay in their run.
    durable: !simulated && remote === undefined,
    before,
  })
}

/** Saves controls beside the run; that one cannot be saved costs the next run time and this one nothing. */
function saveControls(
  controls: ControlStore,
  journal: Journal,
  parts: RunParts,
): { readonly settled: () => Promise<void> } {
  let last: Promise<void> = Promise.resolve()
  journal.subscribe((event) => {
    const key = controls.note(event)
    if (key === undefined) return
    last = last
      .then(() => controls.save(key))
      .catch((error: unknown) => parts.log.log('warn', 'a control was not stored', { reason: String(error) }))
  })
  return { settled: () => last }
}

function followState(): RunFollower {
  const state = emptyRunState({ details: false })
  return { state, note: (event) => void foldEvent(state, event) }
}
