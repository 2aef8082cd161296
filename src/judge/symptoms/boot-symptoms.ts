/** Starts that did not end in a settled machine, restarts that were not asked for, loops. */
import { MILESTONES, PHASES_BEFORE_CANDIDATE, type Phase } from '../../model/phase.ts'
import type { AttemptState } from '../../model/run-state.ts'
import type { SymptomClass } from '../../model/symptom.ts'
import { judgedBoots, observationsOf, seenAfterInstall, type ObservationOf } from '../attempt-view.ts'
import { makeFinding, type Finding } from '../finding.ts'
import { crashKeyOf } from './crash-symptoms.ts'

type Boot = ObservationOf<'boot'>

/** Two starts in a row that die by themselves are a loop: Windows shows its recovery at the third (Windows RE reference). */
const LOOP_LENGTH = 2
/** A start that settled and died within this time is part of a loop; a machine that lived longer crashed in use. */
const SOON_MS = 120_000

/** Findings from the starts of one attempt, judged from the host. */
export function bootSymptoms(attempt: AttemptState): Finding[] {
  const boots = judgedBoots(attempt)
  const loop = loopOf(attempt, boots)
  if (loop !== undefined) return [loopFinding(attempt, loop)]
  // A restart that the test itself asked for, as in safe mode, explains no other start.
  const crashed = observationsOf(attempt, 'crash').some(({ fact }) => fact.expectedByTest !== true)
  const powered = new Set(observationsOf(attempt, 'power').map(({ fact }) => fact.bootOrdinal))
  const findings = boots
    .filter(({ fact }) => fact.ended !== 'power-off' || !powered.has(fact.ordinal))
    .flatMap((boot) => brokenStart(attempt, boot, crashed))
  return [...findings, ...hiddenRestarts(attempt, boots)]
}

/** The first run of consecutive starts that died by themselves; a start that stayed up in between ends it. */
function loopOf(attempt: AttemptState, boots: readonly Boot[]): readonly Boot[] | undefined {
  let dead: Boot[] = []
  for (const [index, boot] of boots.entries()) {
    const { ended } = boot.fact
    if (ended === 'crash' || ended === 'reset' || diedSoon(attempt, boot, boots[index + 1])) dead.push(boot)
    else if (ended === 'settled' && dead.length < LOOP_LENGTH) dead = []
  }
  return dead.length >= LOOP_LENGTH ? dead : undefined
}

/**
 * Whether a start settled and died by itself right after it. Not the first start of an attempt: what it dies of later, as at the
 * candidate's arrival, is no fault of its start.
 */
function diedSoon(attempt: AttemptState, boot: Boot, next: Boot | undefined): boolean {
  const { ended, ordinal } = boot.fact
  if (ended !== 'settled' || PHASES_BEFORE_CANDIDATE.has(boot.phase)) return false
  const crashed = observationsOf(attempt, 'crash').some(
    ({ fact }) => fact.bootOrdinal === ordinal && fact.expectedByTest !== true,
  )
  if (!crashed && next?.fact.cause !== 'unexpected-reset') return false
  const told = attempt.phases.find(
    ({ end, endedAt }) => end === 'symptom' && endedAt !== undefined && endedAt >= boot.at,
  )
  return told?.endedAt !== undefined && told.endedAt - boot.at <= SOON_MS
}

function loopFinding(attempt: AttemptState, loop: readonly Boot[]): Finding {
  const last = loop.at(-1) as Boot
  const crash = crashKeyOf(attempt)
  const furthest = loop
    .map(({ fact }) => fact.milestone)
    .reduce((a, b) => (MILESTONES.indexOf(a) >= MILESTONES.indexOf(b) ? a : b))
  return makeFinding({
    class: 'boot-loop',
    code: crash.code ?? (last.fact.ended === 'settled' ? 'reset' : last.fact.ended),
    module: crash.module,
    milestone: furthest,
    summary: `${loop.length} starts in a row died by themselves, the furthest at ${furthest}`,
    seen: loop
      .map(({ fact: { ordinal, ended, milestone } }) =>
        ended === 'settled'
          ? `start ${ordinal}: died after it had settled`
          : `start ${ordinal}: ${ended} at ${milestone}`,
      )
      .join('; '),
    expected: 'a settled machine after each start',
    observation: { ...last, evidence: [...new Set(loop.flatMap(({ evidence }) => evidence))] },
    afterInstall: seenAfterInstall(attempt, last),
    basis: { kind: 'machine' },
  })
}

function brokenStart(attempt: AttemptState, boot: Boot, crashed: boolean): Finding[] {
  const named = classOfStart(boot.fact, crashed)
  if (named === undefined) return []
  return [
    makeFinding({
      class: named,
      code: boot.fact.ended === 'settled' ? boot.fact.cause : boot.fact.ended,
      milestone: boot.fact.milestone,
      summary:
        boot.fact.ended === 'settled'
          ? `start ${boot.fact.ordinal} was not asked for`
          : `start ${boot.fact.ordinal} ended in ${boot.fact.ended} at ${boot.fact.milestone}`,
      seen: `${boot.fact.ended} at ${boot.fact.milestone}, start ${boot.fact.ordinal} (${boot.fact.cause})`,
      expected: 'a settled machine after each start that was asked for',
      observation: { ...boot, phase: phaseOfDeath(attempt, boot) },
      afterInstall: seenAfterInstall(attempt, boot),
      basis: { kind: 'machine' },
    }),
  ]
}

/** A machine that restarted by itself did so in the phase that ended with it: the start itself is followed in a later one. */
function phaseOfDeath(attempt: AttemptState, { at, phase, fact }: Boot): Phase {
  if (fact.ended !== 'settled' || fact.cause !== 'unexpected-reset') return phase
  const followed = attempt.phases.findIndex(
    (entry) => entry.phase === phase && (entry.endedAt ?? Infinity) >= at,
  )
  const before = attempt.phases[followed - 1]
  return before?.end === 'symptom' ? before.phase : phase
}

/** A crash that was seen explains resets and the start that follows; without one they stand for themselves. */
function classOfStart(fact: Boot['fact'], crashed: boolean): SymptomClass | undefined {
  switch (fact.ended) {
    case 'settled':
      return fact.cause === 'unexpected-reset' && !crashed ? 'unexpected-restart' : undefined
    case 'crash':
      return crashed ? undefined : 'panic'
    case 'reset':
      return crashed ? undefined : 'unexpected-restart'
    case 'power-off':
      return 'unexpected-power-off'
    case 'recovery':
      return 'recovery-entry'
    case 'agent-lost':
      return 'agent-silent'
    default:
      return MILESTONES.indexOf(fact.milestone) >= MILESTONES.indexOf('agent') ? 'never-settles' : 'boot-hang'
  }
}

/** The guest counts its own starts: more of them than the host saw means that it restarted behind our back. */
function hiddenRestarts(attempt: AttemptState, boots: readonly Boot[]): Finding[] {
  const counted = boots.filter(({ fact }) => fact.guestBootCount !== undefined)
  const odd = counted
    .map((later, index) => ({ later, ...countedSince(counted[index - 1] ?? later, later) }))
    .find(({ least, most, seen }) => seen < least || seen > most)
  if (odd === undefined) return []
  const { later, least, most, seen } = odd
  const extra = seen > most ? seen - most : least - seen
  const before = (later.fact.guestBootCount ?? 0) - seen
  return [
    makeFinding({
      class: 'unexpected-restart',
      code: 'boot-count',
      milestone: later.fact.milestone,
      summary: `the guest counted ${extra} ${seen > most ? 'more' : 'fewer'} starts than the host saw`,
      seen: `guest counts ${later.fact.guestBootCount} at the host's start ${later.fact.ordinal}`,
      expected: least === most ? `${before + most}` : `${before + least} to ${before + most}`,
      observation: later,
      afterInstall: seenAfterInstall(attempt, later),
      basis: { kind: 'machine' },
    }),
  ]
}

/**
 * How many starts the guest counted between two that told their count, and how many it should have. Those between them told
 * none: safe mode is not asked, and a start that dies early dies before it is counted.
 */
function countedSince(
  before: Boot,
  later: Boot,
): { readonly least: number; readonly most: number; readonly seen: number } {
  const most = later.fact.ordinal - before.fact.ordinal
  return {
    least: Math.min(1, most),
    most,
    seen: (later.fact.guestBootCount ?? 0) - (before.fact.guestBootCount ?? 0),
  }
}
