/** Each Windows check is silent on a machine that stays as it was, says what breaks, and never takes silence for health. */
import { describe, expect, it } from 'vitest'
import { DeadlineError } from '../../../../src/kit/deadline.ts'
import { AppError } from '../../../../src/model/errors.ts'
import type { Fact } from '../../../../src/model/observation.ts'
import { builtIn } from '../../../../src/plugins/built-in.ts'
import type { WindowsEvent } from '../../../../src/sdk/windows-guest.ts'
import { windowsDriverTrust } from '../../../../src/plugins/checks/windows/driver-trust.ts'
import { windowsDriverVerifier } from '../../../../src/plugins/checks/windows/driver-verifier.ts'
import { windowsSecurityCenter } from '../../../../src/plugins/checks/windows/security-center.ts'
import { isWindowsOwnTask } from '../../../../src/plugins/checks/windows/own-task.ts'
import {
  attemptOnWindows,
  healthyWindows,
  type ScriptedWindows,
} from '../../../stand-ins/scripted-windows.ts'
import { loadedCandidate, loadedProduct } from '../../../stand-ins/loaded-packages.ts'
import { blinds, broken } from '../../../stand-ins/scripted-guest.ts'

const checks = (builtIn.checks ?? []).filter((check) => check.id.startsWith('windows-'))
const MOMENTS = ['baseline', 'after-install', 'after-restart', 'after-soak', 'after-rollback'] as const

describe.each(checks.map((check) => [check.id, check] as const))('%s', (_, check) => {
  it('finds nothing on a machine that stays as it was', async () => {
    const guest = healthyWindows()
    const look = attemptOnWindows(check, guest)
    for (const moment of MOMENTS) {
      const facts = await look(moment)
      expect(broken(facts)).toEqual([])
      expect(blinds(facts)).toEqual([])
      expect(facts.filter((fact) => fact.kind === 'log-event')).toEqual([])
    }
  })

  it('is blind, not content, when the answer cannot be read and when there was no baseline', async () => {
    const guest = healthyWindows({ failure: new AppError('GUEST_PROBE', 'host', 'nonsense came back') })
    const last = check.moments.at(-1) ?? 'baseline'
    expect(blinds(await attemptOnWindows(check, guest)(last))).not.toEqual([])
    // Checks that read the log look at what is new since this start when nobody set a bookmark; safe mode has no baseline.
    if (['windows-driver-load', 'windows-code-integrity', 'windows-safe-mode'].includes(check.id)) return
    expect(blinds(await attemptOnWindows(check, healthyWindows())(last))).not.toEqual([])
  })

  it('passes a passed deadline on', async () => {
    const guest = healthyWindows({ failure: new DeadlineError('x', 0) })
    await expect(attemptOnWindows(check, guest)(check.moments[0] ?? 'baseline')).rejects.toThrow(
      DeadlineError,
    )
  })
})

function record(provider: string, eventId: number, data: string[], level = 2): WindowsEvent {
  return {
    channel: 'System',
    provider,
    eventId,
    level,
    recordId: 1,
    data: data.map((value) => ['param', value] as const),
  }
}

const SERVICES = 'Service Control Manager'
const BREAKS: readonly (readonly [
  check: string,
  what: string,
  change: (guest: ScriptedWindows) => void,
  seen: RegExp,
])[] = [
  [
    'windows-minifilters',
    'a filter that moved',
    (g) =>
      void (g.minifilters = g.minifilters.map((f) =>
        f.name === 'WdFilter' ? { ...f, altitude: '328011' } : f,
      )),
    /filter-conflict minifilter:WdFilter: altitude 328011/,
  ],
  [
    'windows-minifilters',
    'a filter that is attached to nothing',
    (g) => void (g.minifilters = g.minifilters.map((f) => ({ ...f, instances: 0 }))),
    /attached to no volume/,
  ],
  [
    'windows-minifilters',
    'a filter that is gone',
    (g) => void g.minifilters.pop(),
    /minifilter:WdFilter: not loaded/,
  ],
  [
    'windows-minifilters',
    'two filters at one altitude',
    (g) => void g.minifilters.push({ name: 'acmeflt', altitude: '328010', instances: 5, owners: [] }),
    /minifilter-altitude:328010: WdFilter .*acmeflt/,
  ],
  [
    'windows-security-center',
    'a product that is no longer registered',
    (g) => void (g.security = { ...g.security, products: [] }),
    /protection-off security-center:antivirus:Windows Defender: not registered/,
  ],
  [
    'windows-security-center',
    'Defender gone passive',
    (g) =>
      void (g.security = {
        ...g.security,
        defender: {
          mode: 'Passive Mode',
          realTime: false,
          engineVersion: '1',
          contentVersion: '1',
          detections: [],
        },
      }),
    /protection-off defender:mode: Passive Mode/,
  ],
  [
    'windows-security-center',
    'a file taken away as malware',
    (g) =>
      void (g.security = {
        ...g.security,
        defender: {
          mode: 'Normal',
          realTime: true,
          engineVersion: '1',
          contentVersion: '1',
          detections: [{ id: '{1}', resources: ['file:_C:\\acme.sys'] }],
        },
      }),
    /false-positive-quarantine defender:detections: file:_C:\\acme.sys/,
  ],
  [
    'windows-hvci',
    'memory integrity silently off',
    (g) => void (g.protection = { ...g.protection, memoryIntegrity: false }),
    /protection-off windows:memory-integrity: off/,
  ],
  [
    'windows-hvci',
    'test signing switched on',
    (g) => void (g.protection = { ...g.protection, testSigning: true }),
    /windows:test-signing: on/,
  ],
  [
    'windows-hvci',
    'BitLocker suspended',
    (g) => void (g.protection = { ...g.protection, bitLocker: [{ volume: 'C:', protected: true }] }),
    /windows:bitlocker:C:: on/,
  ],
  [
    'windows-driver-trust',
    'a driver that was cross-signed, on a machine in evaluation mode',
    (g) => void g.drivers.set('acmeflt', { company: 'Acme', signer: 'Acme GmbH', signature: 'Valid' }),
    /code-integrity-block driver-trust:acmeflt: signed by Acme GmbH \(Valid\); .*evaluation mode/,
  ],
  [
    'windows-driver-trust',
    'a driver without a signature, on a machine of a build that has not got the policy yet',
    (g) => {
      g.protection = { ...g.protection, driverPolicy: 'absent' }
      g.drivers.set('acmeflt', { company: 'Acme', signer: '', signature: 'NotSigned' })
    },
    /driver-trust:acmeflt: signed by no signer .*this Windows has none/,
  ],
  [
    'windows-driver-trust',
    'a driver that was there and is replaced by another file',
    (g) =>
      void g.drivers.set('WdFilter', {
        company: 'Acme',
        signer: 'Acme GmbH',
        signature: 'Valid',
        version: '2',
      }),
    /driver-trust:WdFilter: signed by Acme GmbH/,
  ],
  [
    'windows-driver-verifier',
    'Driver Verifier that was switched off',
    (g) => void (g.protection = { ...g.protection, verifier: { flags: '0x0', drivers: [] } }),
    /profile-mismatch windows:driver-verifier: off/,
  ],
  [
    'windows-bugcheck',
    'a live kernel dump',
    (g) => void (g.reports = { ...g.reports, liveDumps: ['C:\\Windows\\LiveKernelReports\\a.dmp'] }),
    /critical-events windows:live-kernel-dumps: C:\\Windows/,
  ],
  [
    'windows-recovery',
    'safe mode',
    (g) => void (g.boot = { ...g.boot, mode: 'safe' }),
    /recovery-entry windows:recovery: it runs in safe mode/,
  ],
  [
    'windows-recovery',
    'startup repair',
    (g) =>
      void (g.scripts['recovery'] = { traces: 'Microsoft-Windows-StartupRepair 1001 record 5', log: '' }),
    /StartupRepair 1001/,
  ],
  [
    'windows-recovery',
    'a recovery environment that is switched off',
    (g) =>
      void (g.scripts['recovery'] = {
        traces: [],
        log: '',
        environment: 'state 0, image in the staging folder',
      }),
    /recovery-unusable windows:recovery-environment: state 0/,
  ],
  [
    'windows-update-present',
    'a rollback in the servicing log',
    (g) =>
      void (g.servicing = { ...g.servicing, rollbacks: ['Info CBS Startup: Changes have been reverted'] }),
    /install-rolled-back .*reverted/,
  ],
  [
    'windows-update-present',
    'servicing that never settles',
    (g) => {
      g.servicing = { ...g.servicing, pending: ['pending.xml'] }
      g.starts = 4
    },
    /never-settles windows:servicing-pending: pending.xml after 3 starts/,
  ],
  [
    'windows-leftovers',
    'a driver package that is left',
    (g) =>
      void g.packages.push({ published: 'oem9.inf', original: 'acme.inf', version: '1.0', provider: 'Acme' }),
    /rollback-incomplete rollback:driver packages: acme.inf 1.0 is left/,
  ],
  [
    'windows-leftovers',
    'a neighbour’s program that is gone',
    (g) => void (g.scripts['folders'] = { names: [] }),
    /rollback:folders: C:\\Program Files\\Common Files is gone/,
  ],
  [
    'windows-leftovers',
    'a scheduled task that is left',
    (g) => void g.tasks.push({ path: '\\Acme\\Scan', enabled: true, action: 'acme.exe' }),
    /rollback-incomplete rollback:scheduled tasks: \\Acme\\Scan is left/,
  ],
  [
    'windows-leftovers',
    'a neighbour’s scheduled task that is gone',
    (g) => void g.tasks.pop(),
    /rollback:scheduled tasks: \\Neighbour\\Update is gone/,
  ],
  [
    'windows-safe-mode',
    'programs that do not start',
    (g) => void (g.programsStart = false),
    /app-launch-failure safe-mode:programs: ended with 0xc000012f/,
  ],
  [
    'windows-tasks',
    'a neighbour’s scheduled task that is gone',
    (g) => void g.tasks.pop(),
    /service-degraded task:\\Neighbour\\Update: gone/,
  ],
  [
    'windows-tasks',
    'a neighbour’s scheduled task that is disabled',
    (g) => void (g.tasks = g.tasks.map((task) => ({ ...task, enabled: false }))),
    /service-degraded task:\\Neighbour\\Update: disabled/,
  ],
]

it.each([
  ['ACMEFLT.SYS', []],
  [
    'acmenet.sys',
    ['profile-mismatch windows:driver-verifier:acmenet.sys: not watched: flags 0x209bb on acmeflt.sys'],
  ],
])('Driver Verifier that watches acmeflt.sys says of a candidate with %s: %j', async (file, expected) => {
  const candidate = loadedCandidate('x', {
    kind: 'driver',
    files: [{ path: `amd64/${file}`, sha256: 'a'.repeat(64) }],
  })
  const look = attemptOnWindows(windowsDriverVerifier, healthyWindows({ candidate }))
  await look('baseline')
  expect(broken(await look('after-install'))).toEqual(expected)
})

it('says nothing of tasks that Windows makes and removes by itself, but of Defender’s', () => {
  const own = (path: string): boolean => isWindowsOwnTask(path)
  expect(own('\\Microsoft\\Windows\\UpdateOrchestrator\\Reboot')).toBe(true)
  expect(own('\\MicrosoftEdgeUpdateTaskMachineCore{1}')).toBe(true)
  expect(own('\\Microsoft\\Windows\\Windows Defender\\Windows Defender Scheduled Scan')).toBe(false)
  expect(own('\\Acme\\Microsoft\\Update')).toBe(false)
})

it('a driver of the candidate that calls itself Microsoft’s is believed by its signature alone', async () => {
  const candidate = loadedCandidate('x', {
    kind: 'driver',
    files: [{ path: 'amd64/AcmeFlt.sys', sha256: 'a'.repeat(64) }],
  })
  const guest = healthyWindows({ candidate })
  const look = attemptOnWindows(windowsDriverTrust, guest)
  await look('baseline')
  const said = { company: 'Microsoft Corporation', path: 'C:\\Windows\\System32\\drivers\\acmeflt.sys' }
  guest.drivers.set('acmeflt', said)
  guest.drivers.set('mskssrv', {
    company: 'Microsoft Corporation',
    path: 'C:\\Windows\\System32\\drivers\\mskssrv.sys',
  })
  expect(broken(await look('after-install'))).toEqual([expect.stringContaining('driver-trust:acmeflt')])
  guest.drivers.set('acmeflt', {
    ...said,
    signer: 'Microsoft Windows Hardware Compatibility Publisher',
    signature: 'Valid',
  })
  expect(broken(await look('after-restart'))).toEqual([])
})

it.each(['acme endpoint', 'Acme Endpoint '])(
  'the security center’s name of a product is found as %j, as Windows compares names',
  async (securityCenterName) => {
    const health = { windows: { securityCenterName } }
    const guest = healthyWindows({ products: [loadedProduct({ id: 'acme', health })] })
    guest.security = {
      ...guest.security,
      products: [{ sort: 'antivirus', name: 'Acme Endpoint', state: 'on', upToDate: true }],
    }
    const look = attemptOnWindows(windowsSecurityCenter, guest)
    expect(broken(await look('baseline'))).toEqual([])
    guest.security = { ...guest.security, products: [] }
    expect(broken(await look('after-install')).join()).toContain(
      'product:acme:security-center: not registered',
    )
  },
)

describe('a broken machine', () => {
  it.each(BREAKS)('%s sees %s', async (id, _, change, seen) => {
    const check = checks.find((entry) => entry.id === id)
    if (check === undefined) throw new Error(`${id} does not ship`)
    const guest = healthyWindows()
    const look = attemptOnWindows(check, guest)
    await look('baseline')
    change(guest)
    const facts: Fact[] = []
    for (const moment of MOMENTS.slice(1)) facts.push(...(await look(moment)))
    expect(broken(facts).find((line) => seen.test(line)) ?? broken(facts).join('\n')).toMatch(seen)
  })

  it.each([
    ['windows-driver-load', record(SERVICES, 7000, ['acmeflt', '%%577']), 'driver-load-failure'],
    ['windows-driver-load', record(SERVICES, 7026, ['\r\ndam\r\nacmeflt'], 4), 'driver-load-failure'],
    ['windows-driver-load', record('Microsoft-Windows-Kernel-PnP', 219, ['acme']), 'driver-load-failure'],
    [
      'windows-code-integrity',
      record('Microsoft-Windows-CodeIntegrity', 3033, ['acme.sys']),
      'code-integrity-block',
    ],
  ])('%s reports a new record of its kind, and no other', async (id, entry, symptom) => {
    const check = checks.find((candidate) => candidate.id === id)
    if (check === undefined) throw new Error(`${id} does not ship`)
    const guest = healthyWindows({ events: [entry] })
    const look = attemptOnWindows(check, guest)
    expect(await look('baseline')).toEqual([])
    // The same numbers of other providers mean other things; drivers left out in every virtual machine are routine.
    guest.events.push(entry, entry, record('Acme', 7000, []), record(SERVICES, 7026, ['\r\ndam\r\nCSC'], 4))
    expect(await look('after-restart')).toMatchObject([{ kind: 'log-event', symptom, count: 2 }])
    expect(await look('after-soak')).toEqual([])
  })
})
