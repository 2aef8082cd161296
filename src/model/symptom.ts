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
  'logon-failed',
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

/** What each class means, in one sentence without a full stop: `ringzero explain CLASS` and the reference page say it. */
export const SYMPTOM_MEANINGS: Readonly<Record<SymptomClass, string>> = {
  'boot-loop': 'at least two starts in a row ended by themselves: without help the machine does not come up',
  bugcheck: 'the Windows kernel stopped with a bug check (a blue screen)',
  panic: 'the Linux kernel panicked',
  'boot-hang':
    'a start stood still before the guest answered, or ended at a screen that only a person can leave',
  'recovery-entry': 'the machine started into a recovery environment, automatic repair or safe mode',
  'bitlocker-recovery': 'the start stopped at the screen that asks for the BitLocker recovery key',
  'unexpected-restart': 'the machine restarted although nothing asked it to',
  'unexpected-power-off': 'the machine went off although nothing asked it to',
  'restart-ignored': 'the machine was asked to restart and did not',
  'power-off-failed': 'the machine was asked to go off and did not, or did not stay off',
  'agent-silent': 'the machine started, and then its guest no longer answered',
  'logon-hang': 'the machine started, but its logon did not come to an end',
  'logon-failed':
    'a user who never was on the machine cannot sign in, or the account cannot be made or taken away again',
  'update-not-applied': 'the installer ended, but what it should have installed is not there',
  'install-failed': 'the installer failed, or did not end in its time',
  'install-rolled-back': 'the system took the update back by itself',
  'never-settles': 'the guest answers, but its start or its servicing does not come to rest',
  'service-degraded':
    'a service, package or scheduled task that belongs to the machine is gone, off, or restarts again and again',
  'driver-load-failure': 'a driver is gone or could not be loaded or started',
  'code-integrity-block': 'code integrity refused an image, or would refuse it where the policy is enforced',
  'filter-conflict':
    'a file system or network filter is gone, detached, at another altitude, or shares its altitude',
  'protection-off': 'a security product or a guard of the kernel is no longer on, registered or healthy',
  'false-positive-quarantine': 'a file is gone or changed without a reason, as when it was taken for malware',
  'trust-lost': 'a certificate that the machine trusted is gone or another',
  'trust-gained': 'the machine trusts a certificate that it did not trust before',
  'permissions-changed': 'owner or permissions of a file or folder are others',
  'accounts-changed': 'an account or group was added, removed or changed',
  'settings-changed': 'a boot entry, environment variable, mount or setting is another',
  'clock-changed': 'the clock or the time zone of the machine is another',
  'app-launch-failure': 'a program of the system does not start or does not answer',
  'role-broken':
    'a service that others use, as a server role, runs but does not answer as product.yaml or the matrix says',
  'hang-after-soak': 'the machine stood still while it ran under observation after the restarts',
  'network-loss': 'loopback does not answer, or an interface that was up is down',
  'network-changed': 'names, addresses, routes or firewall rules are others',
  'event-flood': 'so many equal entries appeared in the event log that they hide or push out all others',
  'critical-events': 'critical or error entries appeared in the event log that no control shows',
  'resource-growth': 'memory, disk, processes or handles grew beyond their budget or beyond the control',
  'perf-regression': 'a start or an operation is slower, or the processor busier, than on the control',
  'rollback-incomplete': 'after the rollback something is missing, changed, broken or still installed',
  'left-behind': 'after the rollback something is there that the candidate brought',
  'recovery-impossible': 'no step of the recovery ladder brought a dead machine back',
  'safe-mode-broken': 'with the candidate installed the machine no longer starts in safe mode',
  'recovery-unusable': 'the recovery environment is no longer set up as it was',
  'new-autostart': 'something starts by itself that did not before',
  'profile-mismatch': 'the machine is not what the matrix asked for, so the attempt is invalid',
  'version-drift': 'the system or a product updated itself during the test, so the attempt is invalid',
}

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
