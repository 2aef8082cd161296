/**
 * Whether a driver that runs here would run on a machine that enforces the kernel's driver policy (April 2026). A fresh
 * machine is in its evaluation mode for 100 hours and some restarts and loads what others refuse: a green for a driver that
 * Microsoft did not sign says nothing about them.
 */
import type { LoadedCandidate } from '../../../model/candidate.ts'
import type { Fact } from '../../../model/observation.ts'
import type { Check } from '../../../sdk/check.ts'
import type { ProtectionFacts } from '../../../sdk/windows-guest.ts'
import { blind, expectation, look } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'
import { askWindows } from './ask-windows.ts'

/** The first build whose updates bring the policy (Windows 11 24H2, Windows Server 2025). */
const FIRST_BUILD = 26_100

export const windowsDriverTrust: Check = {
  id: 'windows-driver-trust',
  title: 'drivers are signed so that machines which enforce the driver policy load them',
  cannotSee:
    'whether an enforcing machine really loads the driver: it judges by signature; before build 26100 there is no such policy',
  moments: EVERY_MOMENT,
  os: ['windows'],
  shows: ['code-integrity-block'],
  async run(target, ctx) {
    const looked = await askWindows('windows:driver-policy', target, (windows) =>
      windows.protection(target.guest, ctx),
    )
    if (looked.blind !== undefined) return [looked.blind]
    const drivers = await look('windows:driver-policy', () => target.os.drivers(target.guest, ctx))
    if (drivers.blind !== undefined) return [drivers.blind]
    const measured = measure(looked.value)
    if (target.moment === 'baseline') {
      target.memory.set('baseline', [...drivers.value].map(driverKey))
      return measured
    }
    const before = target.memory.get('baseline') as readonly string[] | undefined
    if (before === undefined) return [blind('windows:driver-policy', 'it was not looked at at the baseline')]
    const known = new Set(before)
    const added = [...drivers.value].filter((driver) => !known.has(driverKey(driver)))
    const own = ownDrivers(target.candidate)
    return [...measured, ...added.flatMap(([name, facts]) => trust(name, facts, looked.value, own))]
  },
}

/**
 * Equal for a driver that the candidate left as it was. An update of a driver keeps its name and brings another file, as a
 * rule also in another folder of the driver store. Windows compares names and paths without case.
 */
function driverKey([name, facts]: readonly [string, Readonly<Record<string, string>>]): string {
  const { path = '', version = '', company = '', signer = '', signature = '' } = facts
  return JSON.stringify([name.toLowerCase(), path.toLowerCase(), version, company, signer, signature])
}

/** What this machine is like: kept with each look, whether anything follows from it or not. */
function measure(now: ProtectionFacts): readonly Fact[] {
  const { secureBootCertificates: certificates } = now
  return [
    note('windows:driver-policy', describePolicy(now)),
    ...(certificates === undefined
      ? []
      : [note('windows:secure-boot-certificates', certificates.join(', ') || 'none of Microsoft’s')]),
  ]
}

function note(subject: string, seen: string): Fact {
  return expectation('code-integrity-block', { subject, expected: 'measured', seen, holds: true })
}

const POLICY = {
  enforced: 'enforced',
  evaluation: 'evaluation mode: what it would refuse is loaded',
  absent: 'this Windows has none',
} as const

function describePolicy({ driverPolicy }: ProtectionFacts): string {
  return driverPolicy === undefined ? 'unknown' : POLICY[driverPolicy]
}

/** Names of the candidate's driver files. */
function ownDrivers(candidate: LoadedCandidate | undefined): ReadonlySet<string> {
  return new Set((candidate?.files ?? []).map(({ path }) => fileName(path)))
}

function fileName(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? path).toLowerCase()
}

/** Of a driver that came or changed with the candidate and is not Microsoft's by its signature. */
function trust(
  name: string,
  { path = '', company = '', signer = '', signature = '' }: Readonly<Record<string, string>>,
  now: ProtectionFacts,
  own: ReadonlySet<string>,
): readonly Fact[] {
  // A file that names Microsoft as its company is not looked into, but whoever makes a file writes that name: the candidate's own
  // is believed by its signature alone. WHCP signs as Microsoft Windows Hardware Compatibility Publisher.
  const inbox = company.startsWith('Microsoft') && !own.has(fileName(path))
  if (inbox || /^Microsoft\b/.test(signer)) return []
  const { driverPolicy, kernelBuild = 0 } = now
  if (driverPolicy === 'enforced') return []
  if (driverPolicy === 'absent' && kernelBuild < FIRST_BUILD) return []
  const by = signer === '' ? 'no signer that Windows names' : signer
  return [
    expectation('code-integrity-block', {
      subject: `driver-trust:${name}`,
      expected: 'signed by Microsoft’s hardware program, or loaded under the enforced driver policy',
      seen: `signed by ${by} (${signature === '' ? 'not looked at' : signature}); driver policy of this machine: ${describePolicy(now)}`,
      holds: false,
      severity: 'warn',
    }),
  ]
}
