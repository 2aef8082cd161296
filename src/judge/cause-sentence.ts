/** Why a cell fails, in one sentence that a person can act on. */
import type { SymptomClass } from '../model/symptom.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Finding } from './finding.ts'
import { describeRate } from './statistics/failure-rate.ts'

/** What a start or a phase looks like from outside; a kernel that died in it is the reason. */
const CRASHES: ReadonlySet<SymptomClass> = new Set<SymptomClass>(['panic', 'bugcheck'])
const SEEN_FROM_OUTSIDE: ReadonlySet<SymptomClass> = new Set<SymptomClass>([
  'boot-loop',
  'boot-hang',
  'recovery-entry',
  'unexpected-restart',
  'agent-silent',
  'never-settles',
  'recovery-impossible',
  'safe-mode-broken',
])

export interface Cause {
  /** Findings that the candidate is blamed for, worst first; at least one. */
  readonly blamed: readonly Finding[]
  /** Failing ones of the attempts that count; 0 where only numbers of several attempts together are worse. */
  readonly failing: number
  readonly valid: number
  readonly control: { readonly failing: number; readonly valid: number }
  readonly recovery: Verdict['recovery']
}

/**
 * The class of the worst symptom, where in the life of the cell it was seen, the hardest fact (a kernel's death before what
 * it looks like from outside), how often with and without the candidate, and which recovery step helped.
 */
export function causeSentence({ blamed, failing, valid, control, recovery }: Cause): string {
  const worst = blamed[0]
  if (worst === undefined) return ''
  const crash = SEEN_FROM_OUTSIDE.has(worst.symptom.class)
    ? blamed.find(({ symptom }) => CRASHES.has(symptom.class))
    : undefined
  const fact =
    crash === undefined ? worst.symptom.summary : `${crash.symptom.summary} (${worst.symptom.summary})`
  const rate =
    failing === 0
      ? 'measured over all attempts with the candidate'
      : failing === valid
        ? `${failing} of ${valid} with the candidate`
        : `with the candidate ${describeRate(failing, valid)}`
  const without = `${control.failing} of ${control.valid} without it`
  return `${worst.symptom.class} in ${worst.symptom.phase}: ${fact}; ${rate}, ${without}${recoveryText(recovery)}`
}

function recoveryText(recovery: Verdict['recovery']): string {
  if (recovery === undefined) return ''
  return recovery.broughtBack
    ? `; ${recovery.step} brought the machine back`
    : '; no recovery step brought the machine back'
}
