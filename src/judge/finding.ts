/** A symptom of one attempt with what the judge needs to decide whose it is. */
import { oneLine } from '../kit/text.ts'
import type { Observation } from '../model/observation.ts'
import type { Symptom, SymptomClass } from '../model/symptom.ts'
import { formatSignature, type SignatureParts } from './signature.ts'

/**
 * What the control must show before the candidate may be blamed.
 * machine: it came up and stayed up. subject: it looked at the same subject, and that held. whole: it went through all
 * its phases. compared: the control's numbers are already part of the finding.
 */
export type ComparisonBasis =
  { readonly kind: 'machine' | 'whole' | 'compared' } | { readonly kind: 'subject'; readonly subject: string }

export interface Finding {
  readonly symptom: Symptom
  /** The candidate was in the machine when this was seen; never true on the control arm. */
  readonly afterInstall: boolean
  readonly basis: ComparisonBasis
}

/** A finding without proven blame, and why. */
export interface UnprovenFinding {
  readonly finding: Finding
  readonly because: string
}

export interface FindingParts extends Omit<SignatureParts, 'class'> {
  readonly class: SymptomClass
  readonly severity?: 'fail' | 'warn' | undefined
  readonly summary: string
  readonly seen: string
  readonly expected: string
  readonly observation: Observation
  readonly afterInstall: boolean
  readonly basis: ComparisonBasis
}

/** Puts a finding together and forms its signature. */
export function makeFinding(parts: FindingParts): Finding {
  const { observation } = parts
  return {
    symptom: {
      class: parts.class,
      severity: parts.severity ?? 'fail',
      summary: oneLine(parts.summary),
      seen: parts.seen,
      expected: parts.expected,
      phase: observation.phase,
      ...(parts.milestone === undefined ? {} : { milestone: parts.milestone }),
      signature: formatSignature(parts),
      evidence: [...observation.evidence],
      source: observation.source,
    },
    afterInstall: parts.afterInstall,
    basis: parts.basis,
  }
}
