/**
 * Waivers: known failures that do not hold a release, for a while. They match on signature and cell, never on a name;
 * they never cover hard evidence (crash, recovery, rolled back, lost files), and an expired one is red by itself.
 */
import type { Instant } from '../kit/clock.ts'
import type { Configuration } from '../model/matrix.ts'
import type { Waiver } from '../model/policy.ts'
import { HARD_SYMPTOMS, type Symptom } from '../model/symptom.ts'
import { isBlamed, type Verdict } from '../model/verdict.ts'

const DAY_MS = 86_400_000

/** The waiver's last day is still covered, in UTC. */
export function isExpired(waiver: Waiver, at: Instant): boolean {
  return at >= Date.parse(`${waiver.expires}T00:00:00Z`) + DAY_MS
}

/** Whether signature and cell match; says nothing about expiry or hardness. */
export function matchesWaiver(waiver: Waiver, signature: string, configuration: Configuration): boolean {
  const pattern = waiver.signature
  const signed = pattern.endsWith('*') ? signature.startsWith(pattern.slice(0, -1)) : signature === pattern
  return (
    signed &&
    Object.entries(waiver.cells ?? {}).every(([axis, wanted]) => {
      const value = configuration[axis]
      return value !== undefined && [wanted].flat().includes(value)
    })
  )
}

/**
 * The waivers that together cover every failing symptom of a cell, one for each; undefined when one symptom is left over
 * or is of a class that nothing may cover.
 */
export function coveringWaivers(
  symptoms: readonly Symptom[],
  configuration: Configuration,
  waivers: readonly Waiver[],
  at: Instant,
): readonly Waiver[] | undefined {
  const failing = symptoms.filter(({ severity }) => severity === 'fail')
  const covering = failing.map((symptom) =>
    HARD_SYMPTOMS.has(symptom.class)
      ? undefined
      : waivers.find(
          (waiver) => !isExpired(waiver, at) && matchesWaiver(waiver, symptom.signature, configuration),
        ),
  )
  if (covering.length === 0 || covering.includes(undefined)) return undefined
  return [...new Set(covering.filter((waiver) => waiver !== undefined))]
}

/** The verdict with the first waiver that covers it, if it fails and all its failing symptoms are covered. */
export function withWaiver(
  verdict: Verdict,
  configuration: Configuration,
  waivers: readonly Waiver[],
  at: Instant,
): Verdict {
  if (verdict.outcome !== 'fail' || waivers.length === 0) return verdict
  const waiver = coveringWaivers(verdict.symptoms, configuration, waivers, at)?.[0]
  if (waiver === undefined) return verdict
  const { id, owner, ticket, reason, expires } = waiver
  return { ...verdict, waiver: { id, owner, ticket, reason, expires } }
}

export interface WaiverUse {
  readonly id: string
  readonly state: 'used' | 'unused' | 'expired'
  readonly cells: string[]
}

/** What became of each waiver; `cells` are those that it covers, or would cover if it had not expired. */
export function waiverUses(
  cells: readonly { readonly configuration: Configuration; readonly verdict: Verdict }[],
  waivers: readonly Waiver[],
  at: Instant,
): WaiverUse[] {
  const blamed = cells.filter(({ verdict }) => isBlamed(verdict))
  return waivers.map((waiver) => {
    const expired = isExpired(waiver, at)
    const covered = blamed.filter(({ configuration, verdict }) =>
      expired
        ? verdict.symptoms.some(({ signature }) => matchesWaiver(waiver, signature, configuration))
        : coveringWaivers(verdict.symptoms, configuration, waivers, at)?.includes(waiver) === true,
    )
    const state = expired ? 'expired' : covered.length > 0 ? 'used' : 'unused'
    return { id: waiver.id, state, cells: covered.map(({ verdict }) => verdict.cell) }
  })
}
