/**
 * Each known incident that a virtual machine can show is re-enacted: by a field scenario for a Linux guest, by a simulated machine
 * through a whole run, or by what a Windows guest would answer. What is not re-enacted says why. This file runs the last two;
 * field scenarios run on real machines by `npm run bench field`, and field-seen.json says which were right there, and when.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { judgeRun } from '../../src/app/judge-run.ts'
import { runCandidate } from '../../src/app/run-candidate.ts'
import { knownIncidents } from '../../src/inputs/load-known-incidents.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'
import type { SymptomClass } from '../../src/model/symptom.ts'
import { builtIn } from '../../src/plugins/built-in.ts'
import type { Behaviour } from '../../src/plugins/providers/simulated/faults.ts'
import { FIELD_SCENARIOS } from '../stand-ins/field-scenarios.ts'
import { readSeen, wasSeen } from '../stand-ins/field-seen.ts'
import { INCIDENT_SCENARIOS } from '../stand-ins/incident-scenarios.ts'
import { laneControls } from '../stand-ins/lane-lab.ts'
import { broken } from '../stand-ins/scripted-guest.ts'
import { attemptOnWindows, healthyWindows, type ScriptedWindows } from '../stand-ins/scripted-windows.ts'
import { writeSimulatedProject } from '../stand-ins/simulated-project.ts'

const { incidents } = knownIncidents()
const symptomOf = new Map(incidents.map(({ id, symptom }) => [id, symptom]))

/** Incident → what a simulated machine does; some on one value alone, which must be named. */
const SIMULATED: Readonly<Record<string, { readonly behaviour: Behaviour; readonly only?: object }>> = {
  'crowdstrike-cf291-2024': { behaviour: 'boot-loop' },
  'carbonblack-2022': { behaviour: 'boot-loop' },
  'symantec-sonar-2012': { behaviour: 'boot-loop', only: { beside: 'encryption' } },
  'server2022-numa-2025': { behaviour: 'boot-loop', only: { hardware: 'numa' } },
  'kb5062553-vbs-no-trusted-launch-2025-07': { behaviour: 'hang', only: { hardware: 'old-version' } },
  'april2019-avlock': { behaviour: 'hang', only: { beside: 'encryption' } },
  'rdp-signin-2026-01': { behaviour: 'logon-hang' },
  'kb5062557-cluster-2025': { behaviour: 'service-degraded', only: { beside: 'encryption' } },
}

type Change = (guest: ScriptedWindows) => void
const recovery =
  (answer: object): Change =>
  (guest) =>
    void (guest.scripts['recovery'] = { traces: [], log: '', environment: 'state 1', ...answer })
const events =
  (provider: string, eventId: number, ...data: string[]): Change =>
  (guest) =>
    void guest.events.push({
      channel: 'System',
      provider,
      eventId,
      level: 2,
      recordId: 1,
      data: data.map((value) => ['param', value] as const),
    })

/** Incident → which check sees what on the answers of a Windows guest. */
const WINDOWS: Readonly<Record<string, { readonly check: string; readonly change: Change }>> = {
  'trend-umh-kb5014019': {
    check: 'windows-security-center',
    change: (guest) => void (guest.security = { ...guest.security, products: [] }),
  },
  'symantec-date-2010': {
    check: 'windows-security-center',
    change: (guest) =>
      void (guest.security = {
        ...guest.security,
        products: (guest.security.products ?? []).map((product) => ({ ...product, state: 'off' as const })),
      }),
  },
  'webroot-2017': {
    check: 'windows-security-center',
    change: (guest) =>
      void (guest.security = {
        ...guest.security,
        defender: {
          mode: 'Normal',
          realTime: true,
          engineVersion: '1',
          contentVersion: '1',
          detections: [{ id: '{1}', resources: ['file:_C:\\Windows\\System32\\acme.dll'] }],
        },
      }),
  },
  'trend-badimage-2025': {
    check: 'windows-safe-mode',
    change: (guest) => void (guest.programsStart = false),
  },
  'citrix-sra-2025': {
    check: 'windows-update-present',
    change: (guest) =>
      void (guest.servicing = { ...guest.servicing, rollbacks: ['CBS Startup: Changes have been reverted'] }),
  },
  'kb5058405-acpi-vm-only-2025-05': {
    check: 'windows-recovery',
    change: recovery({ traces: ['Microsoft-Windows-StartupRepair 1001 record 5'] }),
  },
  'reset-recovery-2025-08': {
    check: 'windows-recovery',
    change: recovery({ environment: 'state 0, image in the staging folder' }),
  },
  'blocklist-psmounterex-2026-04': {
    check: 'windows-code-integrity',
    change: events('Microsoft-Windows-CodeIntegrity', 3077, 'psmounterex.sys'),
  },
  'kernel-trust-2026-04': {
    check: 'windows-driver-load',
    change: events('Service Control Manager', 7026, 'acmeflt'),
  },
}

/** Incident → why nothing here re-enacts it. */
const NOT_RE_ENACTED: Readonly<Record<string, string>> = {
  'server2025-256lp-2024': 'no provider gives a machine 256 processors',
  'sbat-dualboot-2024-08': 'no machine has a second boot entry',
  'bitlocker-2024-07': 'the screen is read from a picture, which the Hyper-V tests do on recorded ones',
  'kb5066835-recovery-usb-2025-10': 'no machine has USB, and no check works inside the recovery environment',
}

/** Scenarios of known incidents that nobody has seen right on a real machine since they were written or changed. */
const NOT_SEEN_ON_MACHINES: readonly string[] = [
  '25b',
  '21c',
  '1b',
  'dat5958',
  'cluster',
  'umh',
  'lo',
  'msmq',
  'roots',
]

const scenarios = new Set(
  [...FIELD_SCENARIOS, ...INCIDENT_SCENARIOS].flatMap(({ incidents: ids = [] }) => ids),
)

describe('the known incidents', () => {
  it('that a virtual machine can show are all re-enacted, or say why not', () => {
    const possible = incidents.filter(({ machine }) => machine !== 'no').map(({ id }) => id)
    const told = new Set([...scenarios, ...Object.keys({ ...SIMULATED, ...WINDOWS, ...NOT_RE_ENACTED })])
    expect(possible.filter((id) => !told.has(id))).toEqual([])
    expect([...told].filter((id) => !possible.includes(id))).toEqual([])
    expect(Object.keys(NOT_RE_ENACTED).filter((id) => scenarios.has(id) || id in SIMULATED)).toEqual([])
  })
})

describe('field scenarios', () => {
  const all = [...FIELD_SCENARIOS, ...INCIDENT_SCENARIOS]
  const seen = readSeen()

  it('of known incidents were right on real machines as they stand, but for these', () => {
    const unseen = all.filter((entry) => entry.incidents !== undefined && !wasSeen(entry, seen))
    expect(unseen.map(({ id }) => id)).toEqual(NOT_SEEN_ON_MACHINES)
  })

  it('that changed since they were seen, or are gone, are not told as seen', () => {
    const stale = Object.keys(seen).filter(
      (id) => !all.some((entry) => entry.id === id && wasSeen(entry, seen)),
    )
    expect(stale).toEqual([])
  })
})

describe('what a Windows guest answers after', () => {
  it.each(Object.entries(WINDOWS))('%s is told by its symptom', async (id, { check: name, change }) => {
    const check = builtIn.checks?.find((entry) => entry.id === name)
    if (check === undefined) throw new Error(`${name} does not ship`)
    const guest = healthyWindows()
    const look = attemptOnWindows(check, guest)
    await look('baseline')
    change(guest)
    const seen = (
      await Promise.all((['after-restart', 'after-soak'] as const).map((moment) => look(moment)))
    ).flat()
    const told = [
      ...broken(seen).map((line) => line.split(' ')[0]),
      ...seen.flatMap((fact) => (fact.kind === 'log-event' ? [fact.symptom] : [])),
    ]
    expect(told).toContain(symptomOf.get(id))
  })
})

const folder = mkdtempSync(join(tmpdir(), 'rz-incidents-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a whole run of simulated machines on which', () => {
  it.each(Object.entries(SIMULATED))(
    '%s happens blames the candidate for it',
    async (id, { behaviour, only }) => {
      const project = join(folder, id)
      mkdirSync(project)
      const values = (...ids: string[]) => ({ values: ids.map((value) => ({ id: value })) })
      writeSimulatedProject(project, {
        id,
        axes: {
          hardware: values('plain', 'numa', 'old-version'),
          beside: values('nothing', 'encryption'),
        },
        capacity: { vcpus: 64, memoryMiB: 65_536, machines: 16 },
        options: { faults: [{ when: { configuration: only ?? {} }, behaviour }] },
      })
      const runFolder = join(project, 'run')
      await runCandidate(
        {
          matrix: join(project, 'matrix.yaml'),
          lab: join(project, 'lab.yaml'),
          candidate: join(project, 'update'),
          seed: 1,
          effort: 0,
          isolate: 0,
          runFolder,
        },
        laneControls(() => undefined),
      )
      const { report } = await judgeRun(runFolder, DEFAULT_POLICY, 0)
      const failing = report.cells.filter(({ verdict }) => verdict.outcome === 'fail')
      const isHit = (configuration: Readonly<Record<string, string>>): boolean =>
        Object.entries(only ?? {}).every(([axis, value]) => configuration[axis] === value)
      expect(failing.map(({ planned }) => planned.id)).toEqual(
        report.cells.filter(({ planned }) => isHit(planned.configuration)).map(({ planned }) => planned.id),
      )
      for (const { verdict } of failing) {
        const classes: SymptomClass[] = verdict.symptoms.map((symptom) => symptom.class)
        expect(verdict.blame).toBe('candidate')
        expect(classes).toContain(symptomOf.get(id))
      }
      expect(report.suspects[0]?.values ?? {}).toEqual(only ?? {})
    },
  )
})
