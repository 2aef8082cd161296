/** Which symptom can be seen on which guest operating system and provider, and by what. */
import type { OsName } from '../model/recipe.ts'
import type { SymptomClass } from '../model/symptom.ts'
import type { Check } from '../sdk/check.ts'
import type { ProviderCapabilities, StuckScreen } from '../sdk/provider.ts'

/** What a provider's machines let ringzero see. */
export type Sight = Pick<ProviderCapabilities, 'facets' | 'stuckScreens'>
export type LookingCheck = Pick<Check, 'id' | 'os' | 'shows' | 'start'>

interface Watched {
  readonly os?: OsName
  readonly facet?: ProviderCapabilities['facets'][number]
  readonly screen?: StuckScreen
}

/** What every run sees without a check: from the host's signals, the installer's answer, its own restarts and recovery steps. */
export const WATCHED: Readonly<Partial<Record<SymptomClass, Watched>>> = {
  'boot-loop': {},
  bugcheck: { os: 'windows' },
  panic: { os: 'linux' },
  'boot-hang': {},
  'recovery-entry': {},
  'bitlocker-recovery': { os: 'windows', screen: 'bitlocker-recovery' },
  'unexpected-restart': {},
  'unexpected-power-off': {},
  'restart-ignored': {},
  'power-off-failed': {},
  'agent-silent': {},
  'logon-hang': {},
  'never-settles': {},
  'update-not-applied': {},
  'install-failed': {},
  'install-rolled-back': {},
  'hang-after-soak': {},
  'perf-regression': {},
  'rollback-incomplete': {},
  'recovery-impossible': { facet: 'offlineDisk' },
  'safe-mode-broken': { facet: 'safeBoot' },
}

/**
 * Who would see the symptom: `watch`, and the ids of checks; empty: the symptom would not be seen. Without `sight` no host is known, and nothing is
 * left out because of one.
 */
export function seenBy(
  symptom: SymptomClass,
  os: OsName,
  sight: Sight | undefined,
  checks: readonly LookingCheck[],
): string[] {
  const has = (facet: Watched['facet']): boolean =>
    facet === undefined || sight === undefined || sight.facets.includes(facet)
  const watched = WATCHED[symptom]
  const watch =
    watched !== undefined &&
    (watched.os === undefined || watched.os === os) &&
    has(watched.facet) &&
    (watched.screen === undefined ||
      sight === undefined ||
      (sight.stuckScreens ?? []).includes(watched.screen))
  return [
    ...(watch ? ['watch'] : []),
    ...checks
      .filter(
        (check) =>
          check.os.includes(os) &&
          (check.shows ?? []).includes(symptom) &&
          has(check.start === 'safe' ? 'safeBoot' : undefined),
      )
      .map(({ id }) => id),
  ]
}
