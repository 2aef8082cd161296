/** `ringzero drill --mutants`: which mutants of policy, checks and judge would be noticed, by judging recorded journals with each of them. */
import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { activate, forget, remember } from '../drill/mutants/active-mutant.ts'
import { checkMutants, withBrokenCheck, type CheckMutant } from '../drill/mutants/check-mutants.ts'
import type { JudgeMutant } from '../drill/mutants/judge-mutants.ts'
import { killTable } from '../drill/mutants/kill-table.ts'
import { policyMutants, type PolicyMutant } from '../drill/mutants/policy-mutants.ts'
import { loadPolicy } from '../inputs/load-policy.ts'
import {
  loadSmallJournals,
  SMALL_JOURNAL_START,
  SMALL_JOURNALS,
  type ExpandedJournal,
} from '../inputs/load-small-journals.ts'
import { decideGate } from '../judge/gate.ts'
import { blocking } from '../kit/blocking.ts'
import { pauser } from '../kit/pause.ts'
import { AppError } from '../model/errors.ts'
import type { RunEvent } from '../model/event.ts'
import type { KillTable, MutantResult } from '../model/kill-table.ts'
import type { Policy } from '../model/policy.ts'
import type { Report } from '../model/report.ts'
import { builtIn } from '../plugins/built-in.ts'
import { runEvents } from '../record/run-events.ts'
import { readRunPlan } from '../record/run-plan.ts'
import { mutantLoader } from './load-mutants.ts'
import {
  JUDGE,
  judgementOf,
  policyOf,
  replayOf,
  reportOf,
  type Judge,
  type Replay,
} from './replay-journal.ts'
import { toolVersion } from './tool-version.ts'

export interface KillRequest {
  readonly policy: string | undefined
  /** Run folders that are tried besides the journals that ship. */
  readonly runs: readonly string[]
  readonly signal: AbortSignal
}

/** A mutant whose place is asked so many times as often as without it goes in a circle. */
const ENDLESS = 100

/** @throws AppError INPUT_* (user), RUN_UNREADABLE (user), JOURNAL_DAMAGED; the signal's reason */
export async function killMutants({ policy: file, runs, signal }: KillRequest): Promise<KillTable> {
  const policy = await loadPolicy(file)
  const given = await Promise.all(runs.map((folder) => readRun(resolve(folder))))
  const journals = [...(await loadSmallJournals()), ...given]
  const results = await tryMutants(policy, journals, signal)
  return killTable(results, { tool: toolVersion(), policy: policy.id, journals: journals.length })
}

/** Every mutant on these journals, in this order until one kills it. @throws the signal's reason */
export async function tryMutants(
  policy: Policy,
  journals: readonly ExpandedJournal[],
  signal: AbortSignal,
): Promise<readonly MutantResult[]> {
  const replays = journals.map(replayOf)
  const explained = await readExplained()
  const pause = pauser(signal)
  const results: MutantResult[] = []
  const note = (result: MutantResult): void => {
    const because = explained[result.id]
    const isSurvivor = result.killedBy === undefined && because !== undefined
    results.push(isSurvivor ? { ...result, explained: because } : result)
  }
  const reports = new Map(replays.map((replay) => [replay, reportOf(JUDGE, replay, policy)]))
  for (const mutant of policyMutants(policy)) {
    await pause()
    note(blocking(() => tryPolicy(mutant, policy, reports)))
  }
  for (const mutant of checkMutants(builtIn.checks ?? [])) {
    await pause()
    note(blocking(() => tryCheck(mutant, replays)))
  }
  const loader = mutantLoader()
  try {
    const judge = await loader.load()
    if (loader.mutants().length === 0)
      throw new AppError('BUG_NO_MUTANTS', 'tool', 'the judge was loaded without its mutants')
    const reached = reachedBy(judge, replays)
    for (const mutant of loader.mutants()) {
      await pause()
      const early = loader.early().has(mutant.number)
      const tried = early ? await loader.load(mutant.number) : judge
      const where = early ? reached : reached.filter(({ asked }) => asked.has(mutant.number))
      note(blocking(() => tryJudge(mutant, tried, where)))
    }
  } finally {
    loader.close()
  }
  return results
}

function tryPolicy(mutant: PolicyMutant, policy: Policy, reports: ReadonlyMap<Replay, Report>): MutantResult {
  const { id, of, what, wouldKill, policy: loosened } = mutant
  // Verdicts know budgets and waivers of a policy, and nothing else of it.
  const same = loosened.budgets === policy.budgets && loosened.waivers === policy.waivers
  for (const [replay, report] of reports) {
    const before = decideGate(report, policy, SMALL_JOURNAL_START).decision
    const other = same ? report : reportOf(JUDGE, replay, loosened)
    if (decideGate(other, loosened, SMALL_JOURNAL_START).decision !== before)
      return { id, of, what, killedBy: replay.name }
  }
  return { id, of, what, wouldKill }
}

function tryCheck(mutant: CheckMutant, replays: readonly Replay[]): MutantResult {
  const { id, of, what, check, wouldKill } = mutant
  for (const replay of replays) {
    if (!replay.plan.settings.checks.includes(check)) continue
    const policy = policyOf(replay)
    const broken = { ...replay, events: withBrokenCheck(replay.events, mutant) }
    if (judgementOf(JUDGE, broken, policy).decision !== judgementOf(JUDGE, replay, policy).decision)
      return { id, of, what, killedBy: replay.name }
  }
  return { id, of, what, wouldKill }
}

/** A journal as the judge without an active mutant goes through it. */
interface Reached {
  readonly replay: Replay
  /** By number of a mutant: how often its place is asked. */
  readonly asked: ReadonlyMap<number, number>
  readonly judgement: string
}

function reachedBy(judge: Judge, replays: readonly Replay[]): readonly Reached[] {
  return replays.map((replay) => {
    const asked = remember()
    try {
      return { replay, asked, judgement: judgementText(judge, replay) }
    } finally {
      forget()
    }
  })
}

function judgementText(judge: Judge, replay: Replay): string {
  return JSON.stringify(judgementOf(judge, replay, policyOf(replay)))
}

function tryJudge(
  { number, ...mutant }: JudgeMutant,
  judge: Judge,
  reached: readonly Reached[],
): MutantResult {
  for (const { replay, asked, judgement } of reached) {
    const often = asked.get(number)
    try {
      activate(number, often === undefined ? undefined : ENDLESS * (often + 10))
      if (judgementText(judge, replay) !== judgement) return { ...mutant, killedBy: replay.name }
    } catch {
      // A judge that throws decides nothing: whoever tries it sees it.
      return { ...mutant, killedBy: replay.name }
    } finally {
      activate()
    }
  }
  const [smallest] = reached.toSorted((a, b) => a.replay.events.length - b.replay.events.length)
  const wouldKill =
    smallest === undefined
      ? 'a run that reaches this place: none does'
      : `one of the ${reached.length} that reach this place, changed so that it decides; the smallest is: ${smallest.replay.name}`
  return { ...mutant, wouldKill }
}

async function readRun(folder: string): Promise<ExpandedJournal> {
  const plan = await readRunPlan(folder)
  const events: RunEvent[] = []
  for await (const event of runEvents(folder)) events.push(event)
  return { name: basename(folder), plan, events }
}

/** By id of a mutant: why no journal can kill it. */
async function readExplained(): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(join(SMALL_JOURNALS, 'explained.json'), 'utf8')
  return JSON.parse(text) as Record<string, string>
}
