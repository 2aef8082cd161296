/** Kernel deaths: the hardest evidence there is. */
import { PHASES_BEFORE_CANDIDATE } from '../../model/phase.ts'
import type { AttemptState } from '../../model/run-state.ts'
import type { SymptomClass } from '../../model/symptom.ts'
import { observationsOf, seenAfterInstall, type ObservationOf } from '../attempt-view.ts'
import { makeFinding, type Finding } from '../finding.ts'
import { argumentClass, crashTitleKey } from '../signature.ts'

type Crash = ObservationOf<'crash'>

/** One finding for each different crash of the attempt; crashes that the test itself asked for are left out. */
export function crashSymptoms(attempt: AttemptState): Finding[] {
  const crashes = observationsOf(attempt, 'crash').filter(({ fact }) => fact.expectedByTest !== true)
  return unvague(crashes).map((observation) => {
    const { fact } = observation
    const where = fact.module ?? fact.function
    return makeFinding({
      class: crashClass(fact.mechanism),
      code: fact.code ?? crashTitleKey(fact.title),
      argumentClass: argumentClass(fact.parameters),
      module: where,
      milestone: fact.milestone,
      summary: `the kernel died${where === undefined ? '' : ` in ${where}`} at start ${fact.bootOrdinal}: ${fact.title}`,
      seen: [fact.code, fact.title, fact.parameters?.join(' '), fact.explanation]
        .filter((part) => part !== undefined && part !== '')
        .join(' · '),
      expected: 'a kernel that keeps running',
      observation,
      afterInstall: seenAfterInstall(attempt, observation),
      basis: { kind: 'machine' },
    })
  })
}

/** The name of the crash that explains this start, for signatures of what follows from it. */
export function crashKeyOf(attempt: AttemptState): { readonly code?: string; readonly module?: string } {
  const crash = unvague(
    observationsOf(attempt, 'crash').filter(({ fact }) => fact.expectedByTest !== true),
  )[0]?.fact
  if (crash === undefined) return {}
  const module = crash.module ?? crash.function
  return { code: crash.code ?? crashTitleKey(crash.title), ...(module === undefined ? {} : { module }) }
}

function crashClass(mechanism: Crash['fact']['mechanism']): SymptomClass {
  return mechanism === 'bugcheck' ? 'bugcheck' : 'panic'
}

/**
 * The host sees that a kernel died, a collector reads its name: where one crash is named, nameless ones are the same.
 * Crashes before and after the install are never mixed: a named one before must not hide a nameless one after.
 */
function unvague(crashes: readonly Crash[]): readonly Crash[] {
  const sides = Map.groupBy(crashes, ({ phase }) => PHASES_BEFORE_CANDIDATE.has(phase))
  return [...sides.values()].flatMap((side) => {
    const named = side.filter(
      ({ fact }) => fact.module !== undefined || fact.function !== undefined || fact.code !== undefined,
    )
    return named.length > 0 ? named : side
  })
}
