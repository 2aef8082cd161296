/** Named classes of failure, and the key under which equal failures of many cells are one. */
import { z } from 'zod'

export const SymptomClassSchema = z.enum([
  'boot-loop',
  'bugcheck',
  'panic',
  'boot-hang',
  'recovery-entry',
  'bitlocker-recovery',
  'unexpected-restart',
  'unexpected-power-off',
  'restart-ignored',
  'power-off-failed',
  'agent-silent',
  'logon-hang',
  'update-not-applied',
  'install-failed',
  'install-rolled-back',
  'never-settles',
  'service-degraded',
  'driver-load-failure',
  'code-integrity-block',
  'filter-conflict',
  'protection-off',
  'false-positive-quarantine',
  'trust-lost',
  'trust-gained',
  'permissions-changed',
  'accounts-changed',
  'settings-changed',
  'clock-changed',
  'app-launch-failure',
  'role-broken',
  'hang-after-soak',
  'network-loss',
  'network-changed',
  'event-flood',
  'critical-events',
  'resource-growth',
  'perf-regression',
  'rollback-incomplete',
  'left-behind',
  'recovery-impossible',
  'safe-mode-broken',
  'recovery-unusable',
  'new-autostart',
  'profile-mismatch',
  'version-drift',
])
export type SymptomClass = z.output<typeof SymptomClassSchema>

/** These rest on hard evidence (a crash, a recovery screen, a lost file): never retried away, never waived by a quarantine. */
export const HARD_SYMPTOMS: ReadonlySet<SymptomClass> = new Set<SymptomClass>([
  'boot-loop',
  'bugcheck',
  'panic',
  'recovery-entry',
  'bitlocker-recovery',
  'install-rolled-back',
  'false-positive-quarantine',
])

export const SymptomSchema = z.object({
  class: SymptomClassSchema,
  /** fail: a customer would call. warn: worth a look, does not hold a release by itself. */
  severity: z.enum(['fail', 'warn']),
  /** One sentence. */
  summary: z.string(),
  seen: z.string(),
  expected: z.string(),
  phase: z.string(),
  /** The furthest point that the boot reached, where it matters. */
  milestone: z.string().optional(),
  /** `class|code|argument class|module|milestone`: equal failures have equal signatures. */
  signature: z.string(),
  evidence: z.array(z.string()),
  /** Who saw it: a check id, `watch`, `installer:content`. */
  source: z.string().optional(),
})
export type Symptom = z.output<typeof SymptomSchema>
