/** What a partner's report says of a machine against what the same machine showed in another lab. Pure. */
import type { PartnerCell, PartnerSymptom } from '../model/partner-report.ts'
import type { Symptom } from '../model/symptom.ts'
import { isDecided, type Verdict } from '../model/verdict.ts'

export interface Reproduction {
  /** same: verdict and failures are those of the report. open: nothing can be said, as the lab failed or the report says nothing. */
  readonly result: 'same' | 'other' | 'open'
  /** What differs, in sentences without full stop; empty where it is the same. */
  readonly differs: readonly string[]
  readonly seen: Pick<Verdict, 'outcome' | 'blame'> & { readonly symptoms: readonly string[] }
}

/** Compares as far as the report tells: a class that it hides, or a code that it leaves out, is no difference. */
export function compareReproduction(told: PartnerCell, verdict: Verdict): Reproduction {
  const { outcome, blame, symptoms } = verdict
  const seen = { outcome, blame, symptoms: symptoms.map(({ signature }) => signature) }
  if (!isDecided(told))
    return { result: 'open', differs: ['the report has no verdict on this machine'], seen }
  if (!isDecided(verdict))
    return { result: 'open', differs: [`here there is no verdict: ${verdict.because}`], seen }
  const differs = [
    ...(outcome === told.outcome ? [] : [`the report says ${told.outcome}, and here it is ${outcome}`]),
    ...(blame === told.blame ? [] : [`the report blames ${told.blame}, and here it is ${blame}`]),
    ...told.symptoms
      .filter((symptom) => !symptoms.some((one) => isSame(symptom, one)))
      .map((symptom) => `${named(symptom)} is in the report and was not seen here`),
    ...symptoms
      .filter((one) => !told.symptoms.some((symptom) => isSame(symptom, one)))
      .map((one) => `${one.class} was seen here and is not in the report`),
  ]
  return { result: differs.length === 0 ? 'same' : 'other', differs, seen }
}

/** Milestone and phase are how far it came, which may differ from start to start; class, code and module are which failure it is. */
function isSame(told: PartnerSymptom, { class: name, severity, signature }: Symptom): boolean {
  if (told.class === undefined) return told.severity === severity
  const parts = signature.split('|').map((part) => part.toLowerCase())
  return (
    told.class === name &&
    [told.code, told.module].every((part) => part === undefined || parts.includes(part.toLowerCase()))
  )
}

function named({ class: name, code, module }: PartnerSymptom): string {
  const details = [code, module].filter((part) => part !== undefined)
  return `${name ?? 'a failure'}${details.length === 0 ? '' : ` (${details.join(', ')})`}`
}
