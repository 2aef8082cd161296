/** Starts that did not end in a settled machine, restarts that nobody asked for, loops. */
import { MILESTONES } from '../../model/phase.ts'
import type { AttemptState } from '../../model/run-state.ts'
import type { SymptomClass } from '../../model/symptom.ts'
import { judgedBoots, observationsOf, seenAfterInstall, type ObservationOf } from '../attempt-view.ts'
import { makeFinding, type Finding } from '../finding.ts'
import { crashKeyOf } from './crash-symptoms.ts'

type Boot = ObservationOf<'boot'>

/** Two starts in a row that die by themselves are a loop: Windows shows its recovery at the third (Windows RE reference). */
const LOOP_LENGTH = 2

/** Findings from the starts of one attempt, judged from the host. */
export function bootSymptoms(attempt: AttemptState): Finding[] {
  const boots = judgedBoots(attempt)
  const loop = loopOf(boots)
  if (loop !== undefined) return [loopFinding(attempt, loop)]
  const crashed = observationsOf(attempt, 'crash').length > 0
  const findings = boots.flatMap((boot) => brokenStart(attempt, boot, crashed))
  return [...findings, ...hiddenRestarts(attempt, boots)]
}

/** The first run of consecutive starts that died; a start that settled in between ends it. */
function loopOf(boots: readonly Boot[]): readonly Boot[] | undefined {
  let dead: Boot[] = []
  for (const boot of boots) {
    const died = boot.fact.ended === 'crash' || boot.fact.ended === 'reset'
    if (died) dead.push(boot)
    else if (boot.fact.ended === 'settled' && dead.length < LOOP_LENGTH) dead = []
  }
  return dead.length >= LOOP_LENGTH ? dead : undefined
}

function loopFinding(attempt: AttemptState, loop: readonly Boot[]): Finding {
  const last = loop.at(-1) as Boot
  const crash = crashKeyOf(attempt)
  const furthest = loop
    .map(({ fact }) => fact.milestone)
    .reduce((a, b) => (MILESTONES.indexOf(a) >= MILESTONES.indexOf(b) ? a : b))
  return makeFinding({
    class: 'boot-loop',
    code: crash.code ?? last.fact.ended,
    module: crash.module,
    milestone: furthest,
    summary: `${loop.length} starts in a row died by themselves, the furthest at ${furthest}`,
    seen: loop.map(({ fact }) => `start ${fact.ordinal}: ${fact.ended} at ${fact.milestone}`).join('; '),
    expected: 'a settled machine after each start',
    observation: { ...last, evidence: [...new Set(loop.flatMap(({ evidence }) => evidence))] },
    afterInstall: seenAfterInstall(attempt, last),
    yardstick: { kind: 'machine' },
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
          ? `start ${boot.fact.ordinal} was asked for by nobody`
          : `start ${boot.fact.ordinal} ended in ${boot.fact.ended} at ${boot.fact.milestone}`,
      seen: `${boot.fact.ended} at ${boot.fact.milestone}, start ${boot.fact.ordinal} (${boot.fact.cause})`,
      expected: 'a settled machine after each start that was asked for',
      observation: boot,
      afterInstall: seenAfterInstall(attempt, boot),
      yardstick: { kind: 'machine' },
    }),
  ]
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
      return 'unexpected-restart'
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
  const first = counted[0]
  if (first === undefined) return []
  const odd = counted.find(({ fact }) => extraStarts(first.fact, fact) !== 0)
  if (odd === undefined) return []
  const extra = extraStarts(first.fact, odd.fact)
  return [
    makeFinding({
      class: 'unexpected-restart',
      code: 'boot-count',
      milestone: odd.fact.milestone,
      summary: `the guest counted ${Math.abs(extra)} ${extra > 0 ? 'more' : 'fewer'} starts than the host saw`,
      seen: `guest counts ${odd.fact.guestBootCount} at the host's start ${odd.fact.ordinal}`,
      expected: `${(first.fact.guestBootCount ?? 0) + odd.fact.ordinal - first.fact.ordinal}`,
      observation: odd,
      afterInstall: seenAfterInstall(attempt, odd),
      yardstick: { kind: 'machine' },
    }),
  ]
}

function extraStarts(first: Boot['fact'], later: Boot['fact']): number {
  return (later.guestBootCount ?? 0) - (first.guestBootCount ?? 0) - (later.ordinal - first.ordinal)
}
