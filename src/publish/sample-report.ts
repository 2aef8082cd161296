/**
 * A partner's report with every word of ours in it and nothing of any run: what is found in its bundle stands in every bundle, and
 * tells nothing.
 */
import {
  EarlierResultSchema,
  PartnerReportSchema,
  RECOVERY_STEPS,
  type PartnerCell,
  type PartnerReport,
} from '../model/partner-report.ts'
import {
  DiskBusSchema,
  FirmwareSchema,
  MachineProfileSchema,
  NicModelSchema,
  type MachineProfile,
} from '../model/machine-profile.ts'
import { TLP_LABELS } from '../model/partners.ts'
import { MILESTONES, PHASES } from '../model/phase.ts'
import { SymptomClassSchema } from '../model/symptom.ts'
import { BlameSchema, OutcomeSchema } from '../model/verdict.ts'
import { NOT_LOOKED_AT } from './not-looked-at.ts'
import { REPORT_SENTENCES } from './project-report.ts'

const NOTHING = '-'
const DAY = '2000-01-01'

/** One for each value of every field that has a few; they differ in what a bundle says and in nothing else. */
export function sampleReports(): PartnerReport[] {
  const { result, decision } = PartnerReportSchema.shape
  return [
    sample({
      health: [
        {
          title: NOTHING,
          machines: 1,
          footprint: {
            drivers: [NOTHING],
            minifilters: [NOTHING],
            modules: [NOTHING],
            'filters-network': [NOTHING],
          },
        },
      ],
    }),
    sample({ cells: cells(), pack: true, settings: { restarts: 1, soakSeconds: 1, repeats: 1 } }),
    ...result.options.map((value) => sample({ result: value })),
    ...decision
      .unwrap()
      .options.map((value) => sample({ decision: value, state: 'withdrawn', reason: NOTHING })),
    sample({
      registration: {
        commitments: { plan: NOTHING, seed: NOTHING, inputs: NOTHING, policy: NOTHING },
        asSigned: true,
        earlier: EarlierResultSchema.options.map((earlier) => ({ run: NOTHING, result: earlier })),
      },
    }),
    ...TLP_LABELS.map((tlp) => sample({ tlp, embargoUntil: DAY, supersedes: NOTHING, numbers: 'exact' })),
    ...PartnerReportSchema.shape.run.shape.state.options.map((state) =>
      sample({ run: { id: NOTHING, state, simulated: true, part: true } }),
    ),
  ]
}

function sample(part: Partial<PartnerReport>): PartnerReport {
  return {
    schema: 'ringzero/partner-report/1',
    id: NOTHING,
    state: 'current',
    issued: DAY,
    expires: DAY,
    tlp: 'TLP:RED',
    publisher: NOTHING,
    audience: { name: NOTHING, title: NOTHING },
    contact: NOTHING,
    method: NOTHING,
    tool: { name: 'ringzero', version: NOTHING },
    run: { id: NOTHING, state: 'complete', simulated: false },
    candidate: { title: NOTHING, release: NOTHING, kind: NOTHING, sha256: NOTHING },
    products: [{ title: NOTHING, release: NOTHING }],
    axes: [{ id: NOTHING, title: NOTHING, values: [{ id: NOTHING, title: NOTHING }] }],
    cells: [],
    result: 'inconclusive',
    because: REPORT_SENTENCES.join(' '),
    drill: { hoursBefore: 0, held: 0, missed: 0 },
    numbers: 'rounded',
    notLookedAt: [...NOT_LOOKED_AT],
    ...part,
  }
}

const IMAGE_KINDS = ['linux-micro', 'windows', 'disk'] as const
const BUILD = { edition: NOTHING, language: NOTHING, kernel: NOTHING }
const ACCESS = ['none', 'isolated', 'open'] as const

/** Hardware profiles that together have every word of theirs. */
const MACHINES: readonly MachineProfile[] = NicModelSchema.options.map((model, at) => ({
  cpu: { count: 1, model: NOTHING, features: [] },
  memoryMiB: 64,
  dynamicMemory: { minimumMiB: 64, maximumMiB: 64 },
  numaNodes: 1,
  disk: { bus: DiskBusSchema.options[at % DiskBusSchema.options.length], sizeGiB: 1 },
  machineType: at % 2 === 0 ? 'pc' : 'q35',
  generation: 2,
  configurationVersion: '9.0',
  firmware: FirmwareSchema.options[at % FirmwareSchema.options.length],
  secureBootTemplate: MachineProfileSchema.shape.secureBootTemplate.unwrap().options[at % 3],
  tpm: at % 2 === 0 ? 'none' : '2.0',
  nestedVirtualization: true,
  network: { model, access: ACCESS[at % 3], macSpoofing: true },
  clock: `${DAY}T00:00:00Z`,
}))

function cells(): PartnerCell[] {
  const symptoms = SymptomClassSchema.options.flatMap((name) => [
    {
      class: name,
      severity: 'fail' as const,
      code: '0x0',
      module: NOTHING,
      phase: PHASES[0],
      milestone: MILESTONES[0],
    },
  ])
  const steps = [
    ...PHASES.map((phase) => ({ class: 'panic' as const, severity: 'warn' as const, phase })),
    ...MILESTONES.map((milestone) => ({ class: 'panic' as const, severity: 'warn' as const, milestone })),
  ]
  return OutcomeSchema.options.flatMap((outcome, row) =>
    BlameSchema.options.map((blame, at): PartnerCell => {
      const step = RECOVERY_STEPS[at % RECOVERY_STEPS.length] ?? 'content-rollback'
      return {
        id: `cell-${outcome}${blame}`,
        values: { [NOTHING]: NOTHING },
        products: [NOTHING],
        others: [],
        outcome,
        blame,
        because: REPORT_SENTENCES.join(' '),
        symptoms: [...symptoms, ...steps],
        attempts: { failing: 1, valid: 1 },
        discarded: 1,
        control: { failing: 1, valid: 1 },
        recovery: { step, broughtBack: at % 2 === 0 },
        waived: true,
        added: true,
        recipe: {
          image: {
            os: at % 2 === 0 ? 'windows' : 'linux',
            kind: IMAGE_KINDS[at % 3] ?? '',
            title: NOTHING,
            build: BUILD,
          },
          machine: MACHINES[(row * 3 + at) % MACHINES.length] ?? { cpu: { count: 1 }, memoryMiB: 64 },
          products: [{ id: NOTHING, title: NOTHING, release: NOTHING }],
        },
        checks: [],
        evidence: [{ path: 'evidence/candidate-control.txt.png.bin', sha256: NOTHING }],
      }
    }),
  )
}
