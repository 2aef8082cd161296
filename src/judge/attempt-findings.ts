/** All rules over one attempt. */
import type { AttemptState } from '../model/run-state.ts'
import { SymptomClassSchema, type SymptomClass } from '../model/symptom.ts'
import type { Finding } from './finding.ts'
import { bootSymptoms } from './symptoms/boot-symptoms.ts'
import { changeSymptoms } from './symptoms/change-symptoms.ts'
import { crashSymptoms } from './symptoms/crash-symptoms.ts'
import { deadlineSymptoms } from './symptoms/deadline-symptoms.ts'
import { expectationSymptoms } from './symptoms/expectation-symptoms.ts'
import { hangSymptoms } from './symptoms/hang-symptoms.ts'
import { installSymptoms } from './symptoms/install-symptoms.ts'
import { inventorySymptoms } from './symptoms/inventory-symptoms.ts'
import { logEventSymptoms } from './symptoms/log-event-symptoms.ts'
import { powerSymptoms } from './symptoms/power-symptoms.ts'

const CRASHES: ReadonlySet<SymptomClass> = new Set<SymptomClass>(['panic', 'bugcheck'])

/**
 * Findings of one attempt but for its numbers; `controls` are the valid attempts of the other arm (none for a control), and
 * `completed` those that came to their end, valid or not: what a control did to itself it did in any case.
 */
export function attemptFindings(
  attempt: AttemptState,
  controls: readonly AttemptState[],
  completed: readonly AttemptState[] = controls,
): Finding[] {
  const findings = [
    ...bootSymptoms(attempt),
    ...crashSymptoms(attempt),
    ...hangSymptoms(attempt),
    ...powerSymptoms(attempt),
    ...installSymptoms(attempt),
    ...expectationSymptoms(attempt),
    ...(attempt.arm === 'candidate'
      ? [
          ...inventorySymptoms(attempt, controls),
          ...logEventSymptoms(attempt, controls),
          ...changeSymptoms(attempt, completed),
        ]
      : []),
  ]
  // A host that goes down takes its machines with it: only a kernel that was seen to die says something of its own.
  if (attempt.end === 'host-fault')
    return distinct(findings.filter(({ symptom }) => CRASHES.has(symptom.class)))
  const explained = new Set(
    findings.filter(({ symptom }) => symptom.severity === 'fail').map(({ symptom }) => symptom.phase),
  )
  return distinct([...findings, ...deadlineSymptoms(attempt, explained)])
}

/** One finding for each signature and side of the install, worst first, with the evidence of all of them. */
export function distinct(findings: readonly Finding[]): Finding[] {
  const groups = Map.groupBy(
    findings,
    ({ symptom, afterInstall }) => `${symptom.severity} ${afterInstall} ${symptom.signature}`,
  )
  return [...groups.values()]
    .map((group) => {
      const first = group[0] as Finding
      const evidence = [...new Set(group.flatMap(({ symptom }) => symptom.evidence))]
      return { ...first, symptom: { ...first.symptom, evidence } }
    })
    .sort((a, b) => weight(a) - weight(b))
}

const ORDER = new Map<SymptomClass, number>(SymptomClassSchema.options.map((name, index) => [name, index]))

/** Failures before warnings, then in the order of the list of classes, which begins with the hardest. */
function weight({ symptom }: Finding): number {
  return (symptom.severity === 'fail' ? 0 : 1000) + (ORDER.get(symptom.class) ?? 999)
}
